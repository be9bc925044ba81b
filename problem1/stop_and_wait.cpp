// SPDX-License-Identifier: MIT
#include "problem1/stop_and_wait.hpp"

namespace netlab::problem1 {

namespace {

// Sends a frame and waits for its answer; sends it again each time the timer fires.
Frame exchange(FrameChannel& channel, const Delivery& file, const Frame& frame, FrameType answer,
               std::uint64_t& retransmissions) {
    bool arrived = false;  // END is at the server, which is busy with its disk
    for (int attempt = 0;; ++attempt) {
        const TimePoint sent_at = channel.now();
        channel.send(frame);

        while (const auto reply = channel.receive(sent_at + file.rtt.timeout())) {
            check_refusal(*reply, file.transfer);
            // A duplicate of an earlier ACK is no reason to send anything (RFC 1123, 4.2.3.1).
            if (reply->transfer != file.transfer || reply->sequence != frame.sequence) continue;
            if (reply->type == answer) {
                // Which copy was answered? Only a frame that was sent once tells (Karn). DONE tells
                // of the server's disk, and not of the network.
                if (attempt == 0 && answer != FrameType::done) {
                    file.rtt.add_sample(channel.now() - sent_at);
                }
                return *reply;
            }
            if (answer == FrameType::done && reply->type == FrameType::ack) arrived = true;
        }

        // The frame was lost, or its answer. The sender cannot know which, and sends it again: a
        // server that has it already answers again, and writes nothing.
        note_timeout_or_give_up({frame.sequence, attempt, channel.now() - sent_at}, arrived,
                                file.options.retries, file.chunks().count(), channel);
        if (!arrived) ++retransmissions;  // a probe only asks whether the disk is done
        file.rtt.back_off();
    }
}

}  // namespace

Sent stop_and_wait(FrameChannel& channel, const Delivery& file,
                   const std::function<void(std::uint64_t bytes)>& progress) {
    std::uint64_t retransmissions = 0;
    const auto ask = [&](FrameType type, std::uint64_t number, Bytes payload, FrameType answer) {
        const Frame frame{type, file.transfer, number, payload};
        return exchange(channel, file, frame, answer, retransmissions);
    };
    const Frame accept = ask(FrameType::start, 0, file.announcement(), FrameType::accept);
    const std::uint64_t offset = file.accepted_offset(accept);
    progress(offset);

    // Chunks that an earlier attempt has sent are not sent again.
    const FixedChunks chunks = file.chunks();
    const std::uint64_t done = file.chunks_before(offset);
    for (std::uint64_t number = done + 1; number <= chunks.count(); ++number) {
        const ByteRange range = chunks.range(number);
        ask(FrameType::data, number, file.source.read(range), FrameType::ack);
        progress(range.offset + range.length);
    }

    const auto end = EndInfo{file.source.crc()}.encode();
    ask(FrameType::end, chunks.count() + 1, end, FrameType::done);
    return {file.source.size() - offset, chunks.count() - done, retransmissions};
}

}  // namespace netlab::problem1
