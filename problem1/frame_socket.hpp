// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/datagram_batch.hpp"
#include "common/datagram_channel.hpp"
#include "problem1/frame_channel.hpp"

namespace netlab::problem1 {

// A client's UDP socket that sends and receives frames, through the impairment and into the trace.
class FrameSocket final : public FrameSink {
  public:
    FrameSocket(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer);

    // Collects frames that are all of one size, but for the last, into few system calls; flush()
    // sends what is left. Both throw SystemError: "send 127.0.0.1:7102: Connection refused" if an
    // earlier datagram found nobody.
    void send(const Frame& frame) override;
    void flush();
    void note(const std::string& text) override {
        channel_.tracer().event(text, channel_.socket().peer().to_string());
    }

    // The next intact frame that has come, without a wait. Valid until the next call. Throws
    // SystemError, "Connection refused" as send() does.
    [[nodiscard]] std::optional<Frame> try_receive();

    // Until something comes or the deadline; sends meanwhile what the impairment has delayed.
    // Throws Interrupted.
    void wait(TimePoint deadline);

    // Sends everything that the impairment still holds, when its time comes.
    void drain();

  private:
    DatagramChannel channel_;
    DatagramSender sender_;
    bool impaired_;
    ByteQueue output_;
    std::size_t frame_size_ = 0;  // of the frames in output_
    std::vector<std::byte> input_;
};

}  // namespace netlab::problem1
