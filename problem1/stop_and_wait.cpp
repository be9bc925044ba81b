// SPDX-License-Identifier: MIT
#include "problem1/stop_and_wait.hpp"

#include <cstdint>
#include <utility>

namespace netlab::problem1 {

StopAndWait::StopAndWait(FrameChannel& channel, Source& source, const SendOptions& options,
                         std::uint32_t transfer, RttEstimator& rtt, Progress progress)
    : channel_(channel),
      source_(source),
      options_(options),
      transfer_(transfer),
      rtt_(rtt),
      progress_(std::move(progress)),
      chunks_(source.size(), options.chunk_size) {}

Sent StopAndWait::run(bool resume) {
    const auto start = announcement(source_, options_, resume);
    const Frame accept = exchange(FrameType::start, 0, start, FrameType::accept);
    const std::uint64_t offset = accepted_offset(accept, source_, options_);

    // Chunks that an earlier attempt has sent are not sent again.
    const std::uint64_t done = FixedChunks(offset, options_.chunk_size).count();
    for (std::uint64_t number = done + 1; number <= chunks_.count(); ++number) {
        const ByteRange range = chunks_.range(number);
        exchange(FrameType::data, number, source_.read(range), FrameType::ack);
        progress_(range.offset + range.length);
    }

    const auto end = EndInfo{source_.crc()}.encode();
    exchange(FrameType::end, chunks_.count() + 1, end, FrameType::done);
    return {source_.size() - offset, chunks_.count() - done, retransmissions_};
}

// Sends a frame and waits for its answer; sends it again each time the timer fires.
Frame StopAndWait::exchange(FrameType type, std::uint64_t number, Bytes payload, FrameType answer) {
    bool arrived = false;  // END is at the server, which is busy with its disk
    for (int attempt = 0;; ++attempt) {
        const TimePoint sent_at = channel_.now();
        channel_.send({type, transfer_, number, payload});

        while (const auto reply = channel_.receive(sent_at + rtt_.timeout())) {
            check_refusal(*reply, transfer_);
            // A duplicate of an earlier ACK is no reason to send anything (RFC 1123, 4.2.3.1).
            if (reply->transfer != transfer_ || reply->sequence != number) continue;
            if (reply->type == answer) {
                // Which copy was answered? Only a frame that was sent once tells (Karn). DONE tells
                // of the server's disk, and not of the network.
                if (attempt == 0 && answer != FrameType::done) {
                    rtt_.add_sample(channel_.now() - sent_at);
                }
                return *reply;
            }
            if (answer == FrameType::done && reply->type == FrameType::ack) arrived = true;
        }

        // The frame was lost, or its answer. The sender cannot know which, and sends it again: a
        // server that has it already answers again, and writes nothing.
        check_timeout({number, attempt, channel_.now() - sent_at}, arrived, options_.retries,
                      chunks_.count(), channel_);
        if (!arrived) ++retransmissions_;
        rtt_.back_off();
    }
}

}  // namespace netlab::problem1
