// SPDX-License-Identifier: MIT
#include "problem1/frame_stream.hpp"

#include <algorithm>
#include <optional>

#include "common/error.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;
constexpr std::size_t kSmallRead = 4096;
constexpr unsigned kLooksInARow = 64;
constexpr std::size_t kMaxUnsent = 1024 * 1024;
constexpr Duration kStall = seconds(30);

}  // namespace

FrameStream::FrameStream(TcpStream& stream, const ImpairmentSpec& impairment, const Tracer& tracer)
    : stream_(stream), tracer_(tracer), impaired_(impairment.active()), impairment_(impairment) {
    if (tracer.pcap() != nullptr) local_ = stream.local_address();
}

void FrameStream::send(const Frame& frame) {
    if (!impaired_) {
        if (tracer_.on()) tracer_.sent(describe(frame), peer_name());
        if (tracer_.pcap() != nullptr) capture_sent(encoded(frame));
        return append_frame(output_, frame);
    }
    // What comes before the payload keeps the stream framed, and stays as it is.
    const auto bytes = encoded(frame);
    const auto fate = impairment_.submit(bytes, kHeaderSize, now());
    if (tracer_.on()) tracer_.sent(describe(frame), peer_name(), fate);
    if (fate.dropped) capture_sent(bytes, true);
}

void FrameStream::capture_sent(Bytes frame, bool dropped) const {
    if (tracer_.pcap() != nullptr) tracer_.pcap()->add(local_, stream_.peer(), frame, dropped);
}

const Frame* FrameStream::try_receive() {
    while (take_frame(input_, next_)) {
        input_deadline_ = kNever;
        if (tracer_.on()) {
            tracer_.received(describe(next_.frame) + (next_.intact ? "" : " (wrong checksum)"),
                             peer_name());
        }
        if (tracer_.pcap() != nullptr) tracer_.pcap()->add(stream_.peer(), local_, next_.bytes);
        if (next_.intact) return &next_.frame;
    }
    return nullptr;
}

void FrameStream::try_send() {
    if (impaired_) {
        for (const auto& message : impairment_.take_due(now())) {
            output_.append(message);
            capture_sent(message);
        }
    }
    if (output_.empty()) return;
    const std::size_t put = stream_.write_some(output_.data());
    output_.consume(put);
    if (output_.empty()) {
        output_deadline_ = kNever;
    } else if (put > 0 || output_deadline_ == kNever) {
        output_deadline_ = deadline_in(kStall);
    }
}

std::optional<std::size_t> FrameStream::try_read() {
    const auto got = stream_.try_read(input_.prepare(kReadSize));
    if (got) input_.commit(last_read_ = *got);
    return got;
}

void FrameStream::check_progress() const {
    const TimePoint now = Clock::now();
    if (now >= output_deadline_) {
        throw TimeoutError("send " + peer_name() + ": the peer does not read");
    }
    if (now >= input_deadline_) {
        throw TimeoutError("recv " + peer_name() + ": the peer stopped in the middle of a frame");
    }
}

bool FrameStream::wait(TimePoint deadline) {
    try_send();
    if (!input_.empty() && input_deadline_ == kNever) input_deadline_ = deadline_in(kStall);

    // A peer that sends and never reads must not fill our memory with replies.
    const bool read = unsent() < kMaxUnsent;
    const auto events = static_cast<short>((read ? POLLIN : 0) | (output_.empty() ? 0 : POLLOUT));
    // The deadlines inside a message: silence between frames is the caller's affair.
    TimePoint wake = std::min({output_deadline_, input_deadline_, impairment_.next_deadline()});
    if (output_.empty()) wake = std::min(wake, deadline);
    // Look for the answer for a moment before sleeping (brief_spin.hpp), unless much has just come.
    // Every 64th time really wait, so that Ctrl+C is noticed.
    if (output_.empty() && last_read_ < kSmallRead && ++looks_ % kLooksInARow != 0) {
        if (spin_.until([this] { return try_read().has_value(); })) return last_read_ > 0;
    }
    const short come = stream_.wait_for(events, wake);
    if (come == 0) {
        check_progress();
        return true;
    }
    return !read || (come & ~POLLOUT) == 0 || try_read() != 0;
}

std::optional<Frame> FrameStream::receive(TimePoint deadline) {
    while (true) {
        if (const auto* frame = try_receive()) return *frame;
        if (output_.empty() && now() >= deadline) return std::nullopt;
        if (!wait(deadline)) throw ProtocolError(peer_name() + " closed the connection");
    }
}

}  // namespace netlab::problem1
