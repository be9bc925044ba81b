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

std::string status_text(const std::string& name, const StreamReceiver& stream, double rate,
                        std::size_t width) {
    const std::uint64_t size = stream.buffer()->size();
    const std::uint64_t consumed = stream.consumed();
    const std::uint64_t ahead = stream.buffer()->contiguous() - consumed;
    std::string position =
        bytes_text(consumed) + " / " + bytes_text(size) + "  " + bytes_text(ahead);
    if (const Duration duration = stream.playback()->duration();
        duration > Duration{} && size > 0) {
        const double length = to_seconds(duration);
        const double second = static_cast<double>(size) / length;  // of the media, in bytes
        const auto now = static_cast<unsigned>(static_cast<double>(consumed) / second);
        const auto end = static_cast<unsigned>(length);
        char times[80];
        std::snprintf(times, sizeof times, "%u:%02u / %u:%02u  %.1f s", now / 60, now % 60,
                      end / 60, end % 60, static_cast<double>(ahead) / second);
        position = times;
    }
    const StreamStatistics& seen = stream.statistics();
    const std::string text = escaped(name) + "  " + position + " ahead  " + show_bytes(rate) +
                             "/s  lost " + bytes_text(seen.lost) + "  recovered " +
                             bytes_text(seen.recovered);
    return std::string(cut_to_columns(text, width));
}

StatusLine::StatusLine(std::string name, bool wanted) : name_(std::move(name)) {
    if (wanted && ::isatty(STDERR_FILENO) != 0) line_.emplace();
}

void StatusLine::update(const StreamReceiver& stream, TimePoint now) {
    if (!line_ || !stream.buffer() || now - drawn_ < kBetweenDraws) return;
    const std::uint64_t received = stream.statistics().received;
    const double rate = drawn_ == TimePoint{}
                            ? 0
                            : static_cast<double>(received - received_) / to_seconds(now - drawn_);
    drawn_ = now;
    received_ = received;
    line_->show(status_text(name_, stream, rate, terminal_size().columns - 1));
}

}  // namespace netlab::problem4
