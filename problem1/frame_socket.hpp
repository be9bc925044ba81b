// SPDX-License-Identifier: MIT
#pragma once

#include "common/datagram_batch.hpp"
#include "common/impairment.hpp"
#include "common/trace.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// A client's UDP socket that sends and receives frames, through the impairment and into the trace.
class FrameSocket {
  public:
    FrameSocket(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer);
    FrameSocket(const FrameSocket&) = delete;
    FrameSocket& operator=(const FrameSocket&) = delete;

    // Throws SystemError: "send 127.0.0.1:7102: Connection refused" where an earlier datagram found
    // nobody.
    void send(const Frame& frame);

    // Collects frames that are all of one size, but for the last, into few system calls.
    void queue(const Frame& frame);
    void flush();

    // The next intact frame, or nullopt at the deadline. Valid until the next call. Throws
    // SystemError, "Connection refused" as send() does.
    [[nodiscard]] std::optional<Frame> receive(TimePoint deadline);

    // Waits, and sends what the impairment has delayed until then. Frames that arrive are dropped.
    void wait_until(TimePoint deadline);

    // Sends everything that the impairment still holds, when its time comes.
    void drain();

  private:
    void release_impaired();

    UdpSocket socket_;
    DatagramSender sender_;
    const Tracer& tracer_;
    bool impaired_;
    Impairment impairment_;
    std::vector<std::byte> output_;
    std::size_t frame_size_ = 0;  // of the frames in output_
    std::vector<std::byte> input_;
};

}  // namespace netlab::problem1
