// SPDX-License-Identifier: MIT
#include "problem1/stop_and_wait.hpp"

#include <cstdint>

namespace netlab::problem1 {

Sent StopAndWait::run() {
    const Frame accept = exchange(FrameType::start, 0, file_.announcement(), FrameType::accept);
    const std::uint64_t offset = file_.accepted_offset(accept);
    progress_(offset);

    // Chunks that an earlier attempt has sent are not sent again.
    const FixedChunks chunks = file_.chunks();
    const std::uint64_t done = file_.chunks_before(offset);
    for (std::uint64_t number = done + 1; number <= chunks.count(); ++number) {
        const ByteRange range = chunks.range(number);
        exchange(FrameType::data, number, file_.source.read(range), FrameType::ack);
        progress_(range.offset + range.length);
    }

    const auto end = EndInfo{file_.source.crc()}.encode();
    exchange(FrameType::end, chunks.count() + 1, end, FrameType::done);
    return {file_.source.size() - offset, chunks.count() - done, retransmissions_};
}

// Sends a frame and waits for its answer; sends it again each time the timer fires.
Frame StopAndWait::exchange(FrameType type, std::uint64_t number, Bytes payload, FrameType answer) {
    bool arrived = false;  // END is at the server, which is busy with its disk
    for (int attempt = 0;; ++attempt) {
        const TimePoint sent_at = channel_.now();
        channel_.send({type, file_.transfer, number, payload});

        while (const auto reply = channel_.receive(sent_at + file_.rtt.timeout())) {
            check_refusal(*reply, file_.transfer);
            // A duplicate of an earlier ACK is no reason to send anything (RFC 1123, 4.2.3.1).
            if (reply->transfer != file_.transfer || reply->sequence != number) continue;
            if (reply->type == answer) {
                // Which copy was answered? Only a frame that was sent once tells (Karn). DONE tells
                // of the server's disk, and not of the network.
                if (attempt == 0 && answer != FrameType::done) {
                    file_.rtt.add_sample(channel_.now() - sent_at);
                }
                return *reply;
            }
            if (answer == FrameType::done && reply->type == FrameType::ack) arrived = true;
        }

        // The frame was lost, or its answer. The sender cannot know which, and sends it again: a
        // server that has it already answers again, and writes nothing.
        note_timeout_or_give_up({number, attempt, channel_.now() - sent_at}, arrived,
                                file_.options.retries, file_.chunks().count(), channel_);
        if (!arrived) ++retransmissions_;  // a probe only asks whether the disk is done
        file_.rtt.back_off();
    }
}

}  // namespace netlab::problem1
