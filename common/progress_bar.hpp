// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/screen.hpp"
#include "common/time.hpp"

namespace netlab {

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
