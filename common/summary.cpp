// SPDX-License-Identifier: MIT
#include "common/summary.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "common/text.hpp"

namespace netlab {

std::string show_count(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string show_bytes(double bytes) {
    constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    std::size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %s", bytes, kUnits[unit]);
    return text;
}

std::string time_and_rate(std::uint64_t bytes, Duration elapsed) {
    const double rate = static_cast<double>(bytes) / std::max(to_seconds(elapsed), 1e-6);
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s, ", to_seconds(elapsed));
    return text + show_bytes(rate) + "/s";
}

std::string Summary::line() const {
    return what + ": " + show_count(bytes, "byte") + " in " + show_count(chunks, "chunk") + ", " +
           repeats + ", " + time_and_rate(bytes, elapsed) + (path.empty() ? "" : ", as " + path) +
           "\n";
}

std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total,
                          Duration elapsed, std::size_t width) {
    constexpr std::size_t kBarWidth = 20;
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
    line_->show(progress_line(label_, done, total_, now - start_, terminal_columns() - 1));
}

}  // namespace netlab
