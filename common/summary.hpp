// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/screen.hpp"
#include "common/time.hpp"

// What a transfer tells its user: a bar while it lasts, and a line at its end.

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

// A bar on stderr, from the first second on and redrawn at most ten times a second: bytes, percent,
// rate, time left. Draws nothing unless stderr is a terminal and `wanted` is true.
class ProgressBar {
  public:
    ProgressBar(std::string label, std::uint64_t total, bool wanted);

    void update(std::uint64_t done) {
        if (line_) draw(done, Clock::now());
    }
    void set_total(std::uint64_t total) noexcept { total_ = total; }

  private:
    void draw(std::uint64_t done, TimePoint now);

    std::string label_;
    std::uint64_t total_;
    std::optional<LastLine> line_;
    TimePoint start_;
    TimePoint next_draw_;
};

// One line of a progress bar, `width` columns wide at most. Pure.
std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total,
                          Duration elapsed, std::size_t width);

}  // namespace netlab
