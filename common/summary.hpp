// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace netlab {

// "1 chunk", "200 chunks".
std::string show_count(std::uint64_t count, std::string_view noun);

// "512 B", "20.5 kB", "1.5 GB": powers of ten, three digits.
std::string show_bytes(double bytes);

// "0.213 s, 93.9 kB/s": how a summary line ends.
std::string time_and_rate(std::uint64_t bytes, Duration elapsed);

// The line that ends a transfer in chunks:
// "sent f.bin: 20000 bytes in 200 chunks, 41 retransmissions, 0.213 s, 93.9 kB/s".
struct Summary {
    std::string what;  // "sent f.bin"
    std::uint64_t bytes = 0;
    std::uint64_t chunks = 0;
    std::string repeats;  // "41 retransmissions", or "unconfirmed"
    Duration elapsed{};
    std::string path{};  // where the file is now, of one that was received

    [[nodiscard]] std::string line() const;
};

}  // namespace netlab
