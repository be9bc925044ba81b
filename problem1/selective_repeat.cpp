// SPDX-License-Identifier: MIT
#include "problem1/selective_repeat.hpp"

#include <algorithm>
#include <cstdint>

namespace netlab::problem1 {

SelectiveRepeat::SelectiveRepeat(Source& source, const SendOptions& options, std::uint32_t transfer,
                                 bool resume, RttEstimator& rtt)
    : source_(source),
      options_(options),
      transfer_(transfer),
      rtt_(rtt),
      chunks_(source.size(), options.chunk_size),
      start_(announcement(source, options, resume)) {
    begin(0, 0);
}

void SelectiveRepeat::begin(std::uint64_t first, std::uint64_t last) {
    window_.emplace(first, std::min<std::uint64_t>(options_.window, last - first + 1), rtt_);
    last_ = last;
}

// All that was to go through this window has gone and is acknowledged: the next one.
void SelectiveRepeat::advance() {
    if (!window_->empty() || window_->next() <= last_) return;
    const std::uint64_t done = FixedChunks(offset_, options_.chunk_size).count();
    if (last_ == 0 && done < chunks_.count()) return begin(done + 1, chunks_.count());
    end_ = EndInfo{source_.crc()}.encode();
    begin(chunks_.count() + 1, chunks_.count() + 1);
}

void SelectiveRepeat::on_frame(const Frame& frame, TimePoint now) {
    check_refusal(frame, transfer_);
    if (frame.transfer != transfer_ || done_) return;
    const std::uint64_t end = chunks_.count() + 1;
    switch (frame.type) {
        case FrameType::accept:
            if (last_ != 0 || window_->empty()) return;  // a late copy
            offset_ = sent_bytes_ = accepted_offset(frame, source_, options_);
            window_->on_acknowledged(0, now);
            return advance();
        case FrameType::ack:
            if (frame.sequence < end) {
                // A duplicate, or a late one, is no reason to send anything (RFC 1123, 4.2.3.1).
                if (window_->on_acknowledged(frame.sequence, now)) advance();
            } else {
                // END stays in its window, so that its timer goes on until DONE.
                end_arrived_ = last_ == end;
            }
            return;
        case FrameType::done:
            done_ = last_ == end;
            return;
        default:
            return;
    }
}

void SelectiveRepeat::send_due(TimePoint now, std::size_t max_bytes, FrameSink& sink) {
    if (max_bytes == 0 || done_) return;
    for (const auto& expired : window_->take_expired(now)) {
        check_timeout(expired, end_arrived_, options_.retries, chunks_.count(), sink);
        if (!end_arrived_) ++retransmissions_;
        send(expired.number, sink);
    }
    const std::size_t frame_size = kFrameOverhead + options_.chunk_size;
    for (std::size_t sent = 0; sent < max_bytes && window_->next() <= last_ && !window_->full();
         sent += frame_size) {
        send(window_->next(), sink);
        window_->on_sent(now);
    }
}

void SelectiveRepeat::send(std::uint64_t number, FrameSink& sink) {
    if (number == 0) return sink.send({FrameType::start, transfer_, number, start_});
    if (number > chunks_.count()) return sink.send({FrameType::end, transfer_, number, end_});
    const ByteRange range = chunks_.range(number);
    sent_bytes_ = std::max(sent_bytes_, range.offset + range.length);
    sink.send({FrameType::data, transfer_, number, source_.read(range)});
}

Sent SelectiveRepeat::result() const noexcept {
    const std::uint64_t done = FixedChunks(offset_, options_.chunk_size).count();
    return {source_.size() - offset_, chunks_.count() - done, retransmissions_};
}

}  // namespace netlab::problem1
