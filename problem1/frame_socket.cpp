// SPDX-License-Identifier: MIT
#include "problem1/frame_socket.hpp"

#include <algorithm>

namespace netlab::problem1 {

FrameSocket::FrameSocket(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer)
    : socket_(std::move(socket)),
      sender_(socket_),
      tracer_(tracer),
      impaired_(impairment.active()),
      impairment_(impairment),
      input_(kHeaderSize + kMaxPayload) {}

void FrameSocket::send(const Frame& frame) {
    queue(frame);
    flush();
}

void FrameSocket::queue(const Frame& frame) {
    if (impaired_) {
        std::vector<std::byte> encoded;
        append_frame(encoded, frame);
        const auto fate = impairment_.submit(encoded, 0, Clock::now());
        if (tracer_.on()) tracer_.sent(describe(frame) + std::string(netlab::describe(fate)));
        return release_impaired();
    }
    if (tracer_.on()) tracer_.sent(describe(frame));
    const std::size_t size = kHeaderSize + frame.payload.size();
    const bool uniform = output_.size() % std::max<std::size_t>(frame_size_, 1) == 0;
    if (!output_.empty() && (!uniform || size > frame_size_)) flush();
    if (output_.empty()) frame_size_ = size;
    append_frame(output_, frame);
}

void FrameSocket::flush() {
    if (output_.empty()) return;
    sender_.send(output_, frame_size_);
    output_.clear();
}

void FrameSocket::release_impaired() {
    if (!impaired_) return;
    for (const auto& message : impairment_.take_due(Clock::now())) socket_.send(message);
}

std::optional<Frame> FrameSocket::receive(TimePoint deadline) {
    while (true) {
        release_impaired();
        const TimePoint wake = std::min(deadline, impairment_.next_due());
        const auto size = socket_.receive(input_, wake);
        if (!size) {
            if (Clock::now() >= deadline) return std::nullopt;
            continue;
        }
        const auto frame = decode_datagram(Bytes(input_).first(*size));
        if (tracer_.on()) tracer_.received(frame ? describe(*frame) : "(no intact frame)");
        if (frame) return frame;
    }
}

void FrameSocket::wait_until(TimePoint deadline) {
    while (receive(deadline)) continue;
}

void FrameSocket::drain() {
    while (impairment_.next_due() != kNever) wait_until(impairment_.next_due());
}

}  // namespace netlab::problem1
