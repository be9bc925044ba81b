// SPDX-License-Identifier: MIT
#include "problem1/selective_repeat.hpp"

#include <algorithm>
#include <cstdint>

namespace netlab::problem1 {

// If all that was to go through this window has gone and is acknowledged: the next one.
void SelectiveRepeat::advance() {
    if (!window_->empty() || window_->next() <= last_) return;
    const std::uint64_t before = last_ == 0 ? file_.chunks_before(offset_) : chunks_.count();
    const std::uint64_t first = before + 1;
    last_ = std::max(first, chunks_.count());
    const std::uint64_t left = last_ - before;
    window_.emplace(first, std::min<std::uint64_t>(file_.options.window, left), file_.rtt);
}

void SelectiveRepeat::on_frame(const Frame& frame, TimePoint now) {
    check_refusal(frame, file_.transfer);
    if (frame.transfer != file_.transfer || done_) return;
    const bool answers_end = last_ == chunks_.count() + 1 && frame.sequence == last_;
    if (frame.type == FrameType::ack && answers_end) {
        end_arrived_ = true;  // it stays in its window, so that its timer goes on until DONE
    } else if (frame.type == FrameType::ack && frame.sequence > 0) {
        // A duplicate, or a late one, is no reason to send anything (RFC 1123, 4.2.3.1).
        if (window_->on_acknowledged(frame.sequence, now)) advance();
    } else if (frame.type == FrameType::done) {
        done_ = answers_end;
    } else if (frame.type == FrameType::accept && last_ == 0 && !window_->empty()) {
        offset_ = sent_bytes_ = file_.accepted_offset(frame);
        window_->on_acknowledged(0, now);
        advance();
    }
}

void SelectiveRepeat::send_due(TimePoint now, std::size_t max_bytes, FrameSink& sink) {
    if (max_bytes == 0 || done_) return;
    for (const auto& expired : window_->take_expired(now)) {
        note_timeout_or_give_up(expired, end_arrived_, file_.options.retries, chunks_.count(),
                                sink);
        if (!end_arrived_) ++retransmissions_;
        send(expired.number, sink);
    }
    const std::size_t frame_size = kFrameOverhead + file_.options.chunk_size;
    for (std::size_t sent = 0; sent < max_bytes && window_->next() <= last_ && !window_->full();
         sent += frame_size) {
        send(window_->next(), sink);
        window_->on_sent(now);
    }
}

void SelectiveRepeat::send(std::uint64_t number, FrameSink& sink) {
    const auto put = [&](FrameType type, Bytes payload) {
        sink.send({type, file_.transfer, number, payload});
    };
    if (number == 0) return put(FrameType::start, file_.announcement());
    if (number > chunks_.count()) {
        return put(FrameType::end, EndInfo{file_.source.crc()}.encode());
    }
    const ByteRange range = chunks_.range(number);
    sent_bytes_ = std::max(sent_bytes_, range.offset + range.length);
    put(FrameType::data, file_.source.read(range));
}

}  // namespace netlab::problem1
