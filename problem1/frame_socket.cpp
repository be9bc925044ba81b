// SPDX-License-Identifier: MIT
#include "problem1/frame_socket.hpp"

#include <algorithm>
#include <optional>

#include "common/signals.hpp"

namespace netlab::problem1 {

FrameSocket::FrameSocket(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer)
    : channel_(std::move(socket), impairment, tracer,
               [](const SystemError& error) { throw error; }),
      sender_(channel_.socket()),
      impaired_(impairment.active()),
      input_(kFrameOverhead + kMaxPayload) {}

void FrameSocket::send(const Frame& frame) {
    if (impaired_) {
        const Address& peer = channel_.socket().peer();
        return channel_.send(
            peer, encoded(frame), [&] { return describe(frame); }, Clock::now());
    }
    if (channel_.tracer().on()) {
        channel_.tracer().sent(describe(frame), channel_.socket().peer().to_string());
    }
    const std::size_t size = kFrameOverhead + frame.payload.size();
    const bool uniform = output_.size() % std::max<std::size_t>(frame_size_, 1) == 0;
    if (!output_.empty() && (!uniform || size > frame_size_)) flush();
    if (output_.empty()) frame_size_ = size;
    append_frame(output_, frame);
}

void FrameSocket::flush() {
    if (output_.empty()) return;
    sender_.send(output_.data(), frame_size_);
    output_.clear();
}

std::optional<Frame> FrameSocket::try_receive() {
    while (const auto size = channel_.try_receive(input_)) {
        const auto frame = decode_datagram(Bytes(input_).first(*size));
        if (channel_.tracer().on()) {
            channel_.received(frame ? describe(*frame) : "(no intact frame)");
        }
        if (frame) return frame;
    }
    return std::nullopt;
}

void FrameSocket::wait(TimePoint deadline) {
    pollfd watched = channel_.watched();
    static_cast<void>(
        wait_or_interrupt({&watched, 1}, std::min(deadline, channel_.next_deadline())));
    channel_.release(Clock::now());
}

void FrameSocket::drain() {
    while (channel_.next_deadline() != kNever) {
        wait(kNever);
        while (try_receive()) continue;
    }
}

}  // namespace netlab::problem1
