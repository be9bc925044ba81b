// SPDX-License-Identifier: MIT
#include "problem5/line_peer.hpp"

#include <algorithm>
#include <utility>

#include "common/error.hpp"
#include "common/text.hpp"
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
    if (!open()) return;
    send(kByeLine, now);
    close_by_ = now + kLingerTime;
}

void LinePeer::send(std::string_view line, TimePoint now) {
    if (tracer_.on()) tracer_.sent(escaped(line.substr(0, line.size() - 1)));
    if (unsent_.empty()) send_by_ = now + kMessageTimeout;
    unsent_.append(as_bytes(line));
}

void LinePeer::on_bytes(std::size_t size, TimePoint now) {
    input_.commit(size);
    try {
        while (!ended_) {
            const auto line = input_.next();
            if (!line) break;
            line_by_ = kNever;
            on_line(*line, now);
        }
    } catch (const ProtocolError& error) {
        send("ERROR line too long\n", now);
        return end({PeerEvent::Kind::lost, error.what()}, now);
    }
    if (!input_.empty() && line_by_ == kNever) line_by_ = now + kMessageTimeout;
    if (size > 0 || ended_) return;
    // The stream has ended as it should: what stands behind the last newline counts.
    if (const auto rest = input_.last()) on_line(*rest, now);
    if (!ended_) end({PeerEvent::Kind::left}, now);
}

void LinePeer::on_line(std::string_view line, TimePoint now) {
    if (tracer_.on()) tracer_.received(escaped(line));
    const ChatLine parsed = ChatLine::parse(line);
    const auto happens = [&](PeerEvent::Kind kind) {
        events_.push_back({kind, std::string(parsed.text)});
    };
    switch (parsed.kind) {
        case ChatLine::Kind::message:
            spoken_ = true;
            return happens(PeerEvent::Kind::message);
        case ChatLine::Kind::name:
            return happens(PeerEvent::Kind::name);
        case ChatLine::Kind::busy:
            return end({PeerEvent::Kind::busy}, now);
        case ChatLine::Kind::bye:
            return end({PeerEvent::Kind::left}, now);
        case ChatLine::Kind::unknown:
            return happens(PeerEvent::Kind::unknown);
        case ChatLine::Kind::empty:
            return;
    }
}

// Nothing that comes after it counts.
void LinePeer::end(PeerEvent event, TimePoint now) {
    ended_ = true;
    events_.push_back(std::move(event));
    close_by_ = std::min(close_by_, now + kLingerTime);
}

void LinePeer::fail(const std::string& why) {
    if (!ended_) events_.push_back({PeerEvent::Kind::lost, why});
    cut_off();
}

void LinePeer::cut_off() {
    ended_ = true;
    cut_off_ = cut_off_ || !unsent_.empty();
    unsent_.clear();
}

void LinePeer::on_timer(TimePoint now) {
    // While nothing is read, the end of the line cannot come.
    if (!wants_input() && line_by_ != kNever) line_by_ = now + kMessageTimeout;
    if (now < next_deadline()) return;
    if (now >= close_by_) return cut_off();
    fail(now >= line_by_ ? "a line was begun and not ended" : "the peer does not read");
}

TimePoint LinePeer::next_deadline() const {
    if (over()) return kNever;
    return std::min({close_by_, ended_ ? kNever : line_by_, unsent_.empty() ? kNever : send_by_});
}

}  // namespace netlab::problem5
