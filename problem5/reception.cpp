// SPDX-License-Identifier: MIT
#include "problem5/reception.hpp"

#include <algorithm>

namespace netlab::problem5 {

void Reception::on_packet(const Address& sender, const Packet& packet, TimePoint now) {
    if (session_ && sender == session_->address) {
        if (begins_anew(packet, now)) return replace(sender, packet.text);
        session_->peer.on_packet(packet, now);
        if (session_->peer.proved()) refuse_rivals();
        return;
    }
    const auto rival = std::ranges::find(rivals_, sender, &Rival::address);
    switch (packet.kind) {
        case Packet::Kind::msg:
            // A name is not answered, but kept in mind: the first message is right behind it.
            if (packet.number == 0) names_.remember(sender, std::string(packet.text), now);
            if (packet.number == 1) on_first_message(sender, packet.text, now);
            return;
        case Packet::Kind::pong:
            if (rival != rivals_.end()) rival->answered = rivals_asked_;
            return;
        case Packet::Kind::bye:
            if (rival != rivals_.end()) rivals_.erase(rival);
            // It did not hear our goodbye.
            if (over_.find(sender, now) != nullptr) send(sender, Packet::Kind::bye);
            return;
        default:
            return;
    }
}

// A client that was killed, and started again with the same port. To the peer its first message
// would be a copy, acknowledged, and the client would wait for a reply for ever.
bool Reception::begins_anew(const Packet& packet, TimePoint now) {
    if (packet.kind != Packet::Kind::msg || packet.number != 1) return false;
    const TimePoint last = std::exchange(session_->first_heard, now);
    return session_->peer.open() && session_->peer.past_first() && now >= last + kEchoes;
}

void Reception::replace(const Address& client, std::string_view first_message) {
    rivals_ = {{client, std::string(first_message), session_->peer.proved()}};
    session_->peer.fail("somebody else speaks from its address");
}

void Reception::on_first_message(const Address& sender, std::string_view text, TimePoint now) {
    const std::string* past = over_.find(sender, now);
    if (past != nullptr && *past == text) return;  // a late copy
    if (!session_) return open(sender, text, false, now);
    if (!session_->peer.open()) return;  // one is about to leave: the next copy will find it gone
    if (session_->peer.proved()) return refuse(sender);
    challenge(sender, text, now);
}

// Whoever is real answers; a forged address does not.
void Reception::challenge(const Address& rival, std::string_view first_message, TimePoint now) {
    if (rivals_.empty()) {
        challenged_at_ = now;
        rivals_asked_ = false;
    }
    session_->peer.challenge(now);
    if (rivals_asked_) send(rival, Packet::Kind::ping);
    if (std::ranges::find(rivals_, rival, &Rival::address) != rivals_.end()) return;
    if (rivals_.size() >= kMaxKept) {
        const auto silent = std::ranges::find(rivals_, false, &Rival::answered);
        if (silent == rivals_.end()) return;
        rivals_.erase(silent);
    }
    rivals_.push_back({rival, std::string(first_message)});
}

void Reception::refuse(const Address& stranger) {
    send(stranger, Packet::Kind::busy);
    refused_ = stranger;
}

void Reception::refuse_rivals() {
    for (const Rival& rival : rivals_) refuse(rival.address);
    rivals_.clear();
}

const Reception::Rival* Reception::successor() const {
    const auto first = std::ranges::find(rivals_, true, &Rival::answered);
    return first == rivals_.end() ? nullptr : &*first;
}

void Reception::open(const Address& client, std::string_view first_message, bool proved,
                     TimePoint now) {
    session_.emplace(client, first_message, own_name_, proved, now);
    // Its name came ahead, and is acknowledged now.
    if (const std::string* name = names_.find(client, now)) {
        session_->peer.on_packet({Packet::Kind::msg, 0, *name}, now);
    }
    session_->peer.on_packet({Packet::Kind::msg, 1, session_->first_message}, now);
}

void Reception::on_timer(TimePoint now) {
    if (!session_) return;
    session_->peer.on_timer(now);
    if (now < rivals_deadline()) return;
    if (!std::exchange(rivals_asked_, true)) {
        session_->peer.challenge(now);
        for (const Rival& rival : rivals_) send(rival.address, Packet::Kind::ping);
    } else if (has_successor()) {
        session_->peer.fail("it does not answer, and somebody else is here");
    } else {
        rivals_.clear();  // those who are still there ask again
    }
}

TimePoint Reception::rivals_deadline() const {
    if (rivals_.empty() || session_->peer.over()) return kNever;
    return challenged_at_ + (rivals_asked_ ? kChallengeTime : kSoon);
}

TimePoint Reception::next_deadline() const {
    if (!session_) return kNever;
    return std::min(session_->peer.next_deadline(), rivals_deadline());
}

void Reception::let_go(TimePoint now) {
    over_.remember(session_->address, std::move(session_->first_message), now);
    session_.reset();
    if (const Rival* next = successor()) open(next->address, next->first_message, true, now);
    rivals_.clear();
}

Reception::Outgoing Reception::take_outgoing() {
    if (session_) {
        for (std::string& datagram : session_->peer.take_outgoing()) {
            outgoing_.emplace_back(session_->address, std::move(datagram));
        }
    }
    return std::exchange(outgoing_, {});
}

}  // namespace netlab::problem5
