// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "problem1/sending.hpp"

namespace netlab::problem1 {

// The lab's protocol, as a loop that is read from top to bottom: send a frame, wait for its answer,
// send it again if none comes in time. The channel is a TCP connection in tcp_client, and a network
// in memory in tests/simulation. TCP itself loses nothing: frames are lost by --impair
// (frame_stream.cpp), or skipped for a wrong checksum.
//
// Announces the file, sends its chunks, ends it. `progress` is told how much the server has: first
// when it has accepted the file, then after each chunk. Throws Refused, TimeoutError,
// ProtocolError.
Sent stop_and_wait(FrameChannel& channel, const Delivery& file,
                   const std::function<void(std::uint64_t bytes)>& progress);

}  // namespace netlab::problem1
