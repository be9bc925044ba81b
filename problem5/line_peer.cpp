// SPDX-License-Identifier: MIT
#include "problem5/line_peer.hpp"

#include <algorithm>
#include <utility>

#include "common/error.hpp"
#include "common/terminal.hpp"
#include "problem5/chat_line.hpp"

namespace netlab::problem5 {

LinePeer::LinePeer(const std::string& own_name, const Tracer& tracer, TimePoint now)
    : tracer_(tracer) {
    if (!own_name.empty()) send(encode_name(own_name), now);
}

void LinePeer::say(std::string_view text, TimePoint now) {
    send(encode_message(text), now);
}

void LinePeer::goodbye(TimePoint now) {
    if (!std::exchange(taken_leave_, true) && !last_event_) send(kByeLine, now);
}

void LinePeer::send(std::string_view line, TimePoint now) {
    if (tracer_.on()) tracer_.sent(escaped(line.substr(0, line.size() - 1)));
    if (unsent_.empty()) send_deadline_ = now + kPatience;
    unsent_ += line;
}

void LinePeer::received(std::size_t size, TimePoint now) {
    input_.commit(size);
    received_at_ = now;
    used_up_ = false;
    if (size > 0) return;
    // The end of the stream, with or without a "/bye" before it.
    ended_ = true;
    last_event_ = PeerEvent{PeerEvent::Kind::left};
}

void LinePeer::fail(const std::string& why) {
    if (ended_) return;
    ended_ = true;
    unsent_.clear();
    last_event_ = PeerEvent{PeerEvent::Kind::lost, why};
}

std::optional<PeerEvent> LinePeer::take_event() {
    try {
        if (auto event = take_line()) return event;
    } catch (const ProtocolError& error) {
        input_ = LineBuffer();
        fail(error.what());
        send("ERROR line too long\n", received_at_);
    }
    used_up_ = true;
    if (input_.empty()) {
        line_deadline_ = kNever;
    } else if (line_deadline_ == kNever) {
        line_deadline_ = received_at_ + kPatience;
    }
    return std::exchange(last_event_, std::nullopt);
}

std::optional<PeerEvent> LinePeer::take_line() {
    while (const auto line = input_.next()) {
        line_deadline_ = kNever;
        if (auto event = event_of(*line)) return event;
    }
    // What stands behind the last newline counts where the stream has ended as it should.
    if (!last_event_ || last_event_->kind != PeerEvent::Kind::left) return std::nullopt;
    const auto rest = input_.last();
    return rest ? event_of(*rest) : std::nullopt;
}

std::optional<PeerEvent> LinePeer::event_of(std::string_view line) {
    if (tracer_.on()) tracer_.received(escaped(line));
    const ChatLine parsed = ChatLine::parse(line);
    switch (parsed.kind) {
        case ChatLine::Kind::message:
            spoken_ = true;
            return PeerEvent{PeerEvent::Kind::message, std::string(parsed.text)};
        case ChatLine::Kind::name:
            return PeerEvent{PeerEvent::Kind::name, std::string(parsed.text)};
        case ChatLine::Kind::busy:
        case ChatLine::Kind::bye:
            // Nothing counts that comes after it.
            ended_ = true;
            last_event_ = PeerEvent{parsed.kind == ChatLine::Kind::bye ? PeerEvent::Kind::left
                                                                       : PeerEvent::Kind::busy};
            input_ = LineBuffer();
            return std::nullopt;
        case ChatLine::Kind::unknown:
            return PeerEvent{PeerEvent::Kind::strange, std::string(parsed.text)};
        case ChatLine::Kind::empty:
            return std::nullopt;
    }
    return std::nullopt;
}

TimePoint LinePeer::deadline() const noexcept {
    return std::min(line_deadline_, unsent_.empty() ? kNever : send_deadline_);
}

void LinePeer::fail_if_late(TimePoint now) {
    if (now < deadline()) return;
    fail(now >= line_deadline_ ? "a line was begun and not ended" : "the peer does not read");
}

}  // namespace netlab::problem5
