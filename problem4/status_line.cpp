// SPDX-License-Identifier: MIT
#include "problem4/status_line.hpp"

#include <unistd.h>

#include <cstdio>

#include "common/summary.hpp"
#include "common/text.hpp"

namespace netlab::problem4 {

namespace {

constexpr Duration kBetweenDraws = milliseconds(250);

std::string bytes_text(std::uint64_t bytes) {
    return show_bytes(static_cast<double>(bytes));
}

}  // namespace

std::string status_text(const StreamStatus& status, std::size_t width) {
    std::string position = bytes_text(status.consumed) + " / " + bytes_text(status.size) + "  " +
                           bytes_text(status.ahead);
    if (status.duration > Duration{} && status.size > 0) {
        const double length = to_seconds(status.duration);
        const double second = static_cast<double>(status.size) / length;  // of the media, in bytes
        const auto now = static_cast<unsigned>(static_cast<double>(status.consumed) / second);
        const auto end = static_cast<unsigned>(length);
        char times[80];
        std::snprintf(times, sizeof times, "%u:%02u / %u:%02u  %.1f s", now / 60, now % 60,
                      end / 60, end % 60, static_cast<double>(status.ahead) / second);
        position = times;
    }
    const std::string text = escaped(status.name) + "  " + position + " ahead  " +
                             show_bytes(status.rate) + "/s  lost " + bytes_text(status.lost) +
                             "  recovered " + bytes_text(status.recovered);
    return std::string(cut_to_columns(text, width));
}

StatusLine::StatusLine(bool wanted) {
    if (wanted && ::isatty(STDERR_FILENO) != 0) line_.emplace();
}

void StatusLine::update(StreamStatus status, std::uint64_t received, TimePoint now) {
    if (!line_ || now - drawn_ < kBetweenDraws) return;
    if (drawn_ != TimePoint{}) {
        status.rate = static_cast<double>(received - received_) / to_seconds(now - drawn_);
    }
    drawn_ = now;
    received_ = received;
    line_->show(status_text(status, terminal_size().columns - 1));
}

}  // namespace netlab::problem4
