// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "common/io.hpp"

namespace netlab::problem4 {

using HashKey = std::array<std::uint64_t, 2>;

// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can compute without the key. A
// server hands it out instead of remembering which client it gave which number. Thread-safe.
std::uint64_t sip_hash(const HashKey& key, Bytes bytes);

}  // namespace netlab::problem4
