// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "problem1/sending.hpp"

namespace netlab::problem1 {

// The lab's protocol, as a loop that is read from top to bottom: send a frame, wait for its answer,
// send it again if none comes in time. The channel is a TCP connection in tcp_client, and a network
// in memory in tests/simulation. TCP itself loses nothing: frames are lost by --impair
// (frame_stream.cpp), or skipped for a wrong checksum.
class StopAndWait {
  public:
    // Told how much the server has: first when it has accepted the file, then after each chunk.
    using Progress = std::function<void(std::uint64_t bytes)>;

    StopAndWait(FrameChannel& channel, const Delivery& file, Progress progress)
        : channel_(channel), file_(file), progress_(std::move(progress)) {}

    // Announces the file, sends its chunks, ends it. Throws Refused, TimeoutError, ProtocolError.
    Sent run();

  private:
    Frame exchange(FrameType type, std::uint64_t number, Bytes payload, FrameType answer);

    FrameChannel& channel_;
    Delivery file_;
    Progress progress_;
    std::uint64_t retransmissions_ = 0;
};

}  // namespace netlab::problem1
