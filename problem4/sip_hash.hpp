// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "common/bytes.hpp"

namespace netlab::problem4 {

using HashKey = std::array<std::uint64_t, 2>;

// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can compute without the key. A
// server hands it out instead of remembering which client it gave which number. Thread-safe.
inline std::uint64_t sip_hash(const HashKey& key, Bytes bytes) {
    std::uint64_t v0 = key[0] ^ 0x736f6d6570736575;
    std::uint64_t v1 = key[1] ^ 0x646f72616e646f6d;
    std::uint64_t v2 = key[0] ^ 0x6c7967656e657261;
    std::uint64_t v3 = key[1] ^ 0x7465646279746573;
    const auto rounds = [&](int count) {
        while (count-- > 0) {
            v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
            v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
        }
    };
    const auto take = [&](std::uint64_t word) { v3 ^= word, rounds(2), v0 ^= word; };

    std::uint64_t word = 0;  // of eight bytes, the first one lowest
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        word |= std::to_integer<std::uint64_t>(bytes[i]) << 8 * (i % 8);
        if (i % 8 == 7) take(std::exchange(word, 0));
    }
    take(word | std::uint64_t{bytes.size()} << 56);
    v2 ^= 0xFF;
    rounds(4);
    return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace netlab::problem4
