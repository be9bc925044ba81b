// SPDX-License-Identifier: MIT
#include "common/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/summary.hpp"
#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::size_t kBarWidth = 20;

}  // namespace

std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total,
                          Duration elapsed, std::size_t width) {
    const double share =
        total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const double rate = static_cast<double>(done) / std::max(to_seconds(elapsed), 1e-3);
    const double left = static_cast<double>(total - std::min(done, total)) / std::max(rate, 1.0);

    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, " [%s] %3.0f%%  %s  %s/s  %.0f s left", bar.c_str(),
                  std::floor(share * 100), show_bytes(static_cast<double>(done)).c_str(),
                  show_bytes(rate).c_str(), std::ceil(std::min(left, 1e6)));
    std::string line(numbers);
    if (line.size() >= width) return line.substr(0, width);
    return std::string(cut_to_columns(label, width - line.size())) + line;
}

ProgressBar::ProgressBar(std::string label, std::uint64_t total, bool wanted)
    : label_(std::move(label)),
      total_(total),
      start_(Clock::now()),
      next_draw_(start_ + seconds(1)) {
    if (wanted && ::isatty(STDERR_FILENO) != 0) line_.emplace();
}

void ProgressBar::draw(std::uint64_t done, TimePoint now) {
    if (now < next_draw_) return;
    next_draw_ = now + milliseconds(100);
    line_->show(progress_line(label_, done, total_, now - start_, terminal_size().columns - 1));
}

}  // namespace netlab
