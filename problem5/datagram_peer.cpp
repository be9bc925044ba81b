// SPDX-License-Identifier: MIT
#include "problem5/datagram_peer.hpp"

#include <algorithm>
#include <utility>

namespace netlab::problem5 {

namespace {

constexpr std::size_t kWindow = 2;
constexpr std::size_t kReserve = 2 * std::string_view("PING").size();  // bytes, for two PINGs

}  // namespace

DatagramPeer::DatagramPeer(std::string own_name, bool proved)
    : own_name_(std::move(own_name)),
      window_(own_name_.empty() ? 1 : 0, kWindow, rtt_),
      proved_(proved) {}

void DatagramPeer::say(std::string_view text, TimePoint now) {
    if (heard_ == kNever) {
        heard_ = now;  // from here on, silence means something
        next_probe_ = now + kProbeAfter;
    }
    if (window_.next() == 0) send_message(own_name_, now);
    send_message(text, now);
    if (kept_back_) ping(now);
}

void DatagramPeer::send_message(std::string_view text, TimePoint now) {
    const std::uint64_t number = window_.next();
    window_.on_sent(now);
    put(unacknowledged_[number] = Packet{Packet::Kind::msg, number, text}.encode());
}

// What is too much for an unproved peer is lost, as on the network; a message leaves room for the
// proof.
void DatagramPeer::put(std::string datagram) {
    const bool message = datagram.starts_with("MSG ");
    if (!may_send(datagram.size() + (message ? kReserve : 0))) {
        kept_back_ = kept_back_ || message;
        return;
    }
    if (!proved_) allowance_ -= datagram.size();
    outgoing_.push_back(std::move(datagram));
}

void DatagramPeer::prove() {
    proved_ = true;
    if (!std::exchange(kept_back_, false)) return;
    for (const auto& [number, datagram] : unacknowledged_) put(datagram);
}

void DatagramPeer::ping(TimePoint now) {
    const std::string ping = Packet{Packet::Kind::ping}.encode();
    challenged_ = challenged_ || may_send(ping.size());
    put(ping);
    next_probe_ = std::min(now + kProbeEvery, heard_ + kGoneAfter);
}

void DatagramPeer::on_packet(const Packet& packet, TimePoint now) {
    if (state_ == State::over) return;
    heard_ = now;
    if (!proved_) allowance_ += kMaxAmplification * packet.encode().size();
    switch (packet.kind) {
        case Packet::Kind::msg:
            receive_message(packet);
            break;
        case Packet::Kind::ack:
            receive_acknowledgement(packet.number, now);
            break;
        case Packet::Kind::ping:
            send(Packet::Kind::pong);
            break;
        case Packet::Kind::pong:
            if (challenged_) prove();
            break;
        case Packet::Kind::bye:
            receive_goodbye(now);
            break;
        case Packet::Kind::busy:
            // A late one, of an attempt that came to nothing, does not end a dialogue under way.
            if (!accepted_) end({PeerEvent::Kind::busy});
            break;
    }
    if (!kept_back_) next_probe_ = now + kProbeAfter;
}

void DatagramPeer::receive_message(const Packet& message) {
    accepted_ = true;
    if (events_.size() >= kMaxEvents) return;
    if (message.number > expected_) return;  // one before it is still on its way
    // A duplicate too: its first ACK may be lost.
    send(Packet::Kind::ack, message.number);
    if (message.number == 0 && !std::exchange(named_, true)) {
        events_.push_back({PeerEvent::Kind::name, std::string(message.text)});
    }
    if (message.number == expected_) {
        ++expected_;
        events_.push_back({PeerEvent::Kind::message, std::string(message.text)});
    }
}

void DatagramPeer::receive_acknowledgement(std::uint64_t number, TimePoint now) {
    if (!window_.on_acknowledged(number, now)) return;
    accepted_ = true;
    unacknowledged_.erase(number);
    prove();
    if (state_ != State::open && byes_ == 0 && all_arrived()) say_goodbye(now);
}

void DatagramPeer::end(PeerEvent event) {
    // After a goodbye it does not matter how the peer ends.
    if (state_ == State::open) events_.push_back(std::move(event));
    state_ = State::over;
}

void DatagramPeer::abort(const std::string& why) {
    if (state_ != State::open) return;  // what goes with a goodbye is repeated anyway
    if (heard_ != kNever) send(Packet::Kind::bye);
    fail(why);
}

void DatagramPeer::goodbye(TimePoint now) {
    if (state_ != State::open) return;
    // If nothing was ever sent, nobody knows of us.
    state_ = heard_ == kNever ? State::over : State::leaving;
    flush_until_ = now + kFlushTime;
    next_bye_ = now + kByeEvery;
    if (state_ == State::leaving && all_arrived()) say_goodbye(now);
}

void DatagramPeer::receive_goodbye(TimePoint now) {
    if (state_ == State::open) {
        events_.push_back({PeerEvent::Kind::left});
        flush_until_ = now + kFlushTime;
    }
    if (byes_ > 0) {
        state_ = State::over;  // ours is answered
        return;
    }
    state_ = State::peer_leaving;
    if (all_arrived()) return say_goodbye(now);
    // The peer goes once it is answered: it should have heard all of it by then.
    send_again(now);
}

void DatagramPeer::send_again(TimePoint now) {
    next_bye_ = now + kByeEvery;
    for (const auto& [number, datagram] : unacknowledged_) put(datagram);
    if (!proved_) ping(now);
}

void DatagramPeer::on_timer(TimePoint now) {
    if (state_ == State::over) return;
    if (state_ != State::open) {
        if (now < next_bye_) return;
        return all_arrived() || now >= flush_until_ ? say_goodbye(now) : send_again(now);
    }
    const auto expired = window_.take_expired(now);
    for (const auto& one : expired) put(unacknowledged_.at(one.number));
    if (!expired.empty() && !proved_) ping(now);
    if (now < next_probe_) return;
    if (now < heard_ + kGoneAfter) return ping(now);
    end({PeerEvent::Kind::lost, "no sign of life for " + show_duration(kGoneAfter)});
}

void DatagramPeer::say_goodbye(TimePoint now) {
    if (byes_ < kMaxByes) send(Packet::Kind::bye);
    // An answer is sent once. If it is lost the peer says BYE again: at a server UdpAcceptor
    // answers that, a client is gone.
    if (state_ == State::peer_leaving || byes_ == kMaxByes) state_ = State::over;
    ++byes_;
    next_bye_ = now + kByeEvery;
}

TimePoint DatagramPeer::next_deadline() const {
    if (state_ == State::over) return kNever;
    return state_ == State::open ? std::min(window_.next_timeout(), next_probe_) : next_bye_;
}

std::vector<std::string> DatagramPeer::take_outgoing() {
    // Messages go before ACKs, so that the peer can answer sooner. Not to a client that is not
    // proved yet: its first ACK is what a person at nc(1) waits for.
    if (proved_) {
        std::stable_partition(outgoing_.begin(), outgoing_.end(),
                              [](auto& one) { return one.starts_with("MSG "); });
    }
    return std::exchange(outgoing_, {});
}

}  // namespace netlab::problem5
