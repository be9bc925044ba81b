// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/time.hpp"

namespace netlab::problem1 {

// The line that ends a transfer:
// "sent f.bin: 20000 bytes in 200 chunks, 41 retransmissions, 0.213 s, 0.09 MB/s".
struct Summary {
    std::string what;  // "sent f.bin"
    std::uint64_t bytes = 0;
    std::uint64_t chunks = 0;
    std::string repeats;  // "41 retransmissions"
    Duration elapsed{};

    [[nodiscard]] std::string line() const;
};

}  // namespace netlab::problem1
