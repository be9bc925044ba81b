// SPDX-License-Identifier: MIT
#include "problem1/frame_stream.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;
constexpr std::size_t kMostUnsent = 1024 * 1024;
constexpr Duration kStall = seconds(30);

}  // namespace

FrameStream::FrameStream(TcpStream& stream, const ImpairmentSpec& impairment, const Tracer& tracer)
    : stream_(stream), tracer_(tracer), impaired_(impairment.active()), impairment_(impairment) {}

void FrameStream::queue(const Frame& frame) {
    if (unsent() == 0) {
        output_.clear();
        sent_ = 0;
        output_deadline_ = deadline_in(kStall);
    }
    if (!impaired_) {
        if (tracer_.on()) tracer_.sent(describe(frame));
        append_frame(output_, frame);
        return;
    }
    std::vector<std::byte> encoded;
    append_frame(encoded, frame);
    const TimePoint now = Clock::now();
    const auto fate = impairment_.submit(encoded, kChecksumOffset, now);
    if (tracer_.on()) tracer_.sent(describe(frame) + std::string(netlab::describe(fate)));
    release_impaired(now);
}

void FrameStream::release_impaired(TimePoint now) {
    if (!impaired_) return;
    for (const auto& message : impairment_.take_due(now)) {
        if (unsent() == 0) output_deadline_ = now + kStall;
        output_.insert(output_.end(), message.begin(), message.end());
    }
}

void FrameStream::parse_next() {
    while (!next_) {
        const auto parsed = input_.next();
        if (!parsed) break;
        input_deadline_ = kNever;
        if (parsed->intact) next_ = parsed->frame;
        if (tracer_.on()) {
            tracer_.received(describe(parsed->frame) + (parsed->intact ? "" : " (wrong checksum)"));
        }
    }
}

bool FrameStream::has_frame() {
    parse_next();
    return next_.has_value();
}

void FrameStream::write_output() {
    if (unsent() == 0) return;
    const std::size_t put = stream_.write_some(Bytes(output_).subspan(sent_));
    if (put == 0) return;
    sent_ += put;
    output_deadline_ = deadline_in(kStall);
}

bool FrameStream::read_input() {
    const auto got = stream_.read_now(input_.prepare(kReadSize));
    if (!got) return true;
    input_.commit(*got);
    return *got > 0;
}

// The deadlines inside a message: silence between frames is the caller's affair.
void FrameStream::check_progress(TimePoint now) const {
    if (unsent() > 0 && now >= output_deadline_) {
        throw TimeoutError("send " + peer_name() + ": the peer does not read");
    }
    if (now >= input_deadline_) {
        throw TimeoutError("recv " + peer_name() + ": the peer stopped in the middle of a frame");
    }
}

bool FrameStream::take(Frame& frame) {
    if (!has_frame()) return false;
    frame = *next_;
    next_.reset();
    return true;
}

bool FrameStream::pump(TimePoint deadline) {
    if (input_.partial() && input_deadline_ == kNever) input_deadline_ = deadline_in(kStall);
    release_impaired(Clock::now());
    write_output();

    // A peer that sends and never reads must not fill our memory with replies.
    const bool read = unsent() < kMostUnsent;
    const auto events = static_cast<short>((read ? POLLIN : 0) | (unsent() > 0 ? POLLOUT : 0));
    pollfd watched{stream_.descriptor().get(), events, 0};
    TimePoint wake = std::min({deadline, impairment_.next_due(), input_deadline_});
    if (unsent() > 0) wake = std::min(wake, output_deadline_);
    if (!wait_for_events({&watched, 1}, wake)) {
        check_progress(Clock::now());
        return true;
    }
    return !read || (watched.revents & ~POLLOUT) == 0 || read_input();
}

FrameStream::Result FrameStream::receive(Frame& frame, TimePoint deadline) {
    while (!take(frame)) {
        if (!pump(deadline)) return Result::closed;
        if (Clock::now() >= deadline && !has_frame()) return Result::nothing;
    }
    return Result::frame;
}

void FrameStream::flush() {
    while (unsent() > 0 || impairment_.next_due() != kNever) {
        release_impaired(Clock::now());
        write_output();
        if (unsent() > 0) {
            static_cast<void>(wait_writable(stream_.descriptor().get(), output_deadline_));
        } else if (impairment_.next_due() != kNever) {
            static_cast<void>(wait_for_events({}, impairment_.next_due()));
        }
        check_progress(Clock::now());
    }
}

}  // namespace netlab::problem1
