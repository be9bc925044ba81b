// SPDX-License-Identifier: MIT
//
// What a StreamReceiver has to say of its session, for the eye.
#include <algorithm>
#include <cstdio>

#include "common/summary.hpp"
#include "common/text.hpp"
#include "problem4/stream_receiver.hpp"

namespace netlab::problem4 {

namespace {

std::string show_bytes(std::uint64_t bytes) {
    return netlab::show_bytes(static_cast<double>(bytes));
}

// "41.0 ms".
std::string show_milliseconds(Duration d, int decimals) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*f ms", decimals, to_seconds(d) * 1000);
    return text;
}

}  // namespace

std::string StreamReceiver::status(TimePoint now, std::size_t width) const {
    if (!buffer_) return "";
    const std::uint64_t ahead = buffer_->contiguous() - consumed_;
    std::string position =
        show_bytes(consumed_) + " / " + show_bytes(buffer_->size()) + "  " + show_bytes(ahead);
    if (const double length = to_seconds(playback_->duration());
        length > 0 && buffer_->size() > 0) {
        const double second = static_cast<double>(buffer_->size()) / length;  // in bytes
        const auto at = static_cast<unsigned>(static_cast<double>(consumed_) / second);
        const auto end = static_cast<unsigned>(length);
        char times[80];
        std::snprintf(times, sizeof times, "%u:%02u / %u:%02u  %.1f s", at / 60, at % 60, end / 60,
                      end % 60, static_cast<double>(ahead) / second);
        position = times;
    }
    const auto& counts = buffer_->counts();
    const double elapsed = std::max(to_seconds(now - asked_), 1e-3);
    const double rate = static_cast<double>(counts.received) / elapsed;
    const std::string text = escaped(options_.name) + "  " + position + " ahead  " +
                             netlab::show_bytes(rate) + "/s  lost " + show_bytes(counts.lost) +
                             "  recovered " + show_bytes(counts.recovered);
    return std::string(cut_to_columns(text, width));
}

std::string StreamReceiver::summary(TimePoint now) const {
    const JitterBuffer::Counts counts = buffer_ ? buffer_->counts() : JitterBuffer::Counts{};
    return (written_all() ? "received " : "stopped ") + escaped(options_.name) + ": " +
           show_count(counts.received, "byte") + " in " + show_count(counts.datagrams, "datagram") +
           ", " + std::to_string(counts.recovered_datagrams) + " recovered, " +
           time_and_rate(counts.received, now - asked_) + "\n";
}

std::string StreamReceiver::details() const {
    if (first_byte_ == TimePoint{}) return "";
    std::string text = "first byte after " + show_milliseconds(first_byte_ - asked_, 0);
    if (playback_->started() != TimePoint{}) {
        text += ", player started after " + show_milliseconds(playback_->started() - asked_, 0) +
                ", starvations " + std::to_string(playback_->starvations());
    }
    text += "\nbytes";
    const auto& counts = buffer_->counts();
    for (const auto& [name, bytes] : {std::pair{" received ", counts.received},
                                      {", lost ", counts.lost},
                                      {", recovered ", counts.recovered},
                                      {", late ", counts.late},
                                      {", duplicate ", counts.duplicate},
                                      {", abandoned ", counts.abandoned}}) {
        text += name + std::to_string(bytes);
    }
    return text + "\njitter " + show_milliseconds(jitter_.jitter(), 1) + ", round trip " +
           show_milliseconds(round_trip_.smoothed(), 1) + "\n";
}

}  // namespace netlab::problem4
