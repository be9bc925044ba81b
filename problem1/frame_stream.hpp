// SPDX-License-Identifier: MIT
#pragma once

#include "common/impairment.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// Frames over a TCP connection, both ways at once: while frames wait to be sent, receive() goes on
// reading, so that two ends that both have much to say cannot block each other for ever. Between
// the frames and the socket stands the impairment, and everything shows in the trace.
class FrameStream {
  public:
    FrameStream(TcpStream& stream, const ImpairmentSpec& impairment, const Tracer& tracer);

    // Puts a frame into the output, which receive() sends: many at a system call.
    void queue(const Frame& frame);
    [[nodiscard]] std::size_t unsent() const noexcept { return output_.size() - sent_; }

    enum class Result { frame, nothing, closed };
    // Sends what is queued, and waits for the next intact frame: Result::frame, valid until the
    // next call; `nothing` at the deadline; `closed` where the peer has ended the stream. Throws
    // ProtocolError for bytes that are no frames; TimeoutError where the peer stops in the middle
    // of a frame, or does not read, for 30 s; SystemError.
    [[nodiscard]] Result receive(Frame& frame, TimePoint deadline);

    // The two halves of receive(), for a sender that has other things to do in between. pump()
    // waits until it could send or receive something (false where the peer has ended the stream),
    // or for the deadline; take() hands out the next frame at hand.
    [[nodiscard]] bool pump(TimePoint deadline);
    [[nodiscard]] bool take(Frame& frame);

    // True where take() has a frame.
    [[nodiscard]] bool has_frame();

    // Sends what is queued. Throws as receive() does.
    void flush();

    [[nodiscard]] const std::string& peer_name() const noexcept { return stream_.peer_name(); }

  private:
    void parse_next();
    void release_impaired(TimePoint now);
    void write_output();
    [[nodiscard]] bool read_input();
    void check_progress(TimePoint now) const;

    TcpStream& stream_;
    const Tracer& tracer_;
    bool impaired_;
    Impairment impairment_;
    FrameBuffer input_;
    std::optional<Frame> next_;  // parsed, not yet handed out
    std::vector<std::byte> output_;
    std::size_t sent_ = 0;  // of output_
    TimePoint output_deadline_ = kNever;
    TimePoint input_deadline_ = kNever;
};

}  // namespace netlab::problem1
