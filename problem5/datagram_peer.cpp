// SPDX-License-Identifier: MIT
#include "problem5/datagram_peer.hpp"

#include <algorithm>
#include <utility>

namespace netlab::problem5 {

namespace {

constexpr std::size_t kWindow = 2;

}  // namespace

DatagramPeer::DatagramPeer(std::string own_name)
    : own_name_(std::move(own_name)), window_(own_name_.empty() ? 1 : 0, kWindow, rtt_) {}

void DatagramPeer::say(std::string_view text, TimePoint now) {
    if (window_.next() == 0) transmit(own_name_, now);
    transmit(text, now);
}

void DatagramPeer::transmit(std::string_view text, TimePoint now) {
    const std::uint64_t number = window_.next();
    std::string datagram = Packet{Packet::Kind::msg, number, text}.encode();
    outgoing_.push_back(datagram);
    unacknowledged_.emplace(number, std::move(datagram));
    window_.on_sent(now);
    if (heard_ != kNever) return;
    heard_ = now;  // from here on, silence means something
    next_probe_ = now + kProbeAfter;
}

void DatagramPeer::send(Packet::Kind kind, std::uint64_t number) {
    outgoing_.push_back(Packet{kind, number}.encode());
}

void DatagramPeer::receive(const Packet& packet, TimePoint now) {
    if (state_ == State::over) return;
    heard_ = now;
    next_probe_ = now + kProbeAfter;
    switch (packet.kind) {
        case Packet::Kind::msg:
            receive_message(packet);
            break;
        case Packet::Kind::ack:
            if (window_.on_acknowledged(packet.number, now)) unacknowledged_.erase(packet.number);
            break;
        case Packet::Kind::ping:
            send(Packet::Kind::pong);
            break;
        case Packet::Kind::pong:
            break;
        case Packet::Kind::bye:
            receive_goodbye();
            break;
        case Packet::Kind::busy:
            // A late one, of an attempt that came to nothing, does not end a dialogue under way.
            if (!answered_) end({PeerEvent::Kind::busy});
            break;
    }
    if (packet.kind != Packet::Kind::busy) answered_ = true;
}

void DatagramPeer::receive_message(const Packet& message) {
    if (state_ == State::leaving || events_.size() >= kMostEvents) return;
    if (message.number > expected_) return;  // one before it is still on its way
    // Also what is known already: the first ACK was lost.
    send(Packet::Kind::ack, message.number);
    if (message.number == 0 && !std::exchange(named_, true)) {
        events_.push_back({PeerEvent::Kind::name, std::string(message.text)});
    }
    if (message.number == expected_) {
        ++expected_;
        events_.push_back({PeerEvent::Kind::message, std::string(message.text)});
    }
}

void DatagramPeer::receive_goodbye() {
    if (byes_ == 0) send(Packet::Kind::bye);
    end({PeerEvent::Kind::left});
}

void DatagramPeer::fail(const std::string& why) {
    end({PeerEvent::Kind::lost, why});
}

void DatagramPeer::end(PeerEvent event) {
    // Whoever has taken leave does not want to know how the peer took it.
    if (state_ == State::open) events_.push_back(std::move(event));
    state_ = State::over;
}

void DatagramPeer::goodbye(TimePoint now) {
    if (state_ != State::open) return;
    // Where nothing was ever said, there is nobody to take leave of.
    state_ = heard_ == kNever ? State::over : State::leaving;
    next_bye_ = unacknowledged_.empty() ? now : now + kFlushTime;
    tick(now);
}

std::optional<PeerEvent> DatagramPeer::take_event() {
    if (events_.empty()) return std::nullopt;
    PeerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void DatagramPeer::tick(TimePoint now) {
    if (state_ == State::over) return;
    for (const auto& expired : window_.take_expired(now)) {
        outgoing_.push_back(unacknowledged_.at(expired.number));
    }
    if (state_ == State::leaving) {
        say_goodbye(now);
    } else {
        probe(now);
    }
}

void DatagramPeer::say_goodbye(TimePoint now) {
    const bool all_arrived = byes_ == 0 && unacknowledged_.empty();
    if (!all_arrived && now < next_bye_) return;
    if (byes_ == kMostByes) {
        state_ = State::over;
        return;
    }
    send(Packet::Kind::bye);
    ++byes_;
    next_bye_ = now + kByeEvery;
}

void DatagramPeer::probe(TimePoint now) {
    if (heard_ == kNever || now < next_probe_) return;
    if (now >= heard_ + kGoneAfter) {
        return end({PeerEvent::Kind::lost, "no sign of life for " + show_duration(kGoneAfter)});
    }
    send(Packet::Kind::ping);
    next_probe_ = std::min(now + kProbeEvery, heard_ + kGoneAfter);
}

TimePoint DatagramPeer::next_deadline() const {
    switch (state_) {
        case State::open:
            return std::min(window_.next_timeout(), next_probe_);
        case State::leaving:
            return std::min(window_.next_timeout(), next_bye_);
        case State::over:
            break;
    }
    return kNever;
}

std::vector<std::string> DatagramPeer::take_outgoing() {
    return std::exchange(outgoing_, {});
}

}  // namespace netlab::problem5
