// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "common/brief_spin.hpp"
#include "common/byte_queue.hpp"
#include "common/impairment.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// Frames over a TCP connection, both ways at once: while frames wait to be sent it goes on reading,
// so that two ends that both have much to say cannot block each other for ever. Between the frames
// and the socket stands the impairment, and everything shows in the trace.
class FrameStream final : public FrameChannel {
  public:
    FrameStream(TcpStream& stream, const ImpairmentSpec& impairment, const Tracer& tracer);

    // Puts a frame into the output, which wait() sends: many at a system call.
    void send(const Frame& frame) override;
    void note(const std::string& text) override { tracer_.event(text, peer_name()); }
    [[nodiscard]] std::size_t unsent() const noexcept { return output_.size(); }

    // Sends what can be sent without a wait. Throws SystemError.
    void try_send();

    // A frame that has come, nullptr if there is none; valid until the next call. Throws
    // ProtocolError for bytes that are no frames.
    [[nodiscard]] const Frame* try_receive();

    // Sends what there is to send; then waits until something comes or more can be sent, at most
    // until the deadline. While output waits for room the deadline does not count: what a timer
    // would send could only wait behind it. False if the peer has ended the stream. Throws
    // TimeoutError if the peer stops in the middle of a frame, or does not read, for 30 s;
    // SystemError; and what the stream's wait throws.
    [[nodiscard]] bool wait(TimePoint deadline);

    // wait() and try_receive() until a frame or the deadline comes. Throws ProtocolError at the end
    // of the stream, and what they throw.
    [[nodiscard]] std::optional<Frame> receive(TimePoint deadline) override;
    [[nodiscard]] TimePoint now() const override { return Clock::now(); }

    [[nodiscard]] const std::string& peer_name() const noexcept { return stream_.peer_name(); }

  private:
    void capture_sent(Bytes frame, bool dropped = false) const;
    // What has come: how much, 0 at the end of the stream, nullopt if nothing.
    [[nodiscard]] std::optional<std::size_t> try_read();
    void check_progress() const;

    TcpStream& stream_;
    const Tracer& tracer_;
    bool impaired_;
    Impairment impairment_;
    Address local_;  // if there is a capture, in which frames are datagrams
    ByteQueue input_;
    StreamFrame next_;  // a view of input_, until more is read
    ByteQueue output_;
    BriefSpin spin_;
    unsigned looks_ = 0;
    std::size_t last_read_ = 0;
    TimePoint output_deadline_ = kNever;  // for the peer to take some of it
    TimePoint input_deadline_ = kNever;   // by which a frame that has begun must be complete
};

}  // namespace netlab::problem1
