// SPDX-License-Identifier: MIT
#include "problem5/udp_acceptor.hpp"

#include <algorithm>

namespace netlab::problem5 {

void UdpAcceptor::on_packet(const Address& sender, const Packet& packet, TimePoint now) {
    if (session_ && sender == session_->address) {
        if (is_new_client(packet, now)) {
            candidates_ = {{sender, std::string(packet.text), session_->peer.proved()}};
            return session_->peer.fail("somebody else speaks from its address");
        }
        session_->said_goodbye |= packet.kind == Packet::Kind::bye;
        session_->peer.on_packet(packet, now);
        if (session_->peer.proved()) refuse_candidates();
        return;
    }
    const auto candidate = std::ranges::find(candidates_, sender, &Candidate::address);
    switch (packet.kind) {
        case Packet::Kind::msg:
            // A name is not answered, but remembered: the first message follows it.
            if (packet.number == 0) names_.remember(sender, std::string(packet.text), now);
            if (packet.number == 1) on_first_message(sender, packet.text, now);
            return;
        case Packet::Kind::pong:
            if (candidate != candidates_.end()) candidate->proved = candidates_asked_;
            return;
        case Packet::Kind::bye:
            if (candidate != candidates_.end()) candidates_.erase(candidate);
            // It did not hear our goodbye.
            if (past_.find(sender, now) != nullptr) send(sender, Packet::Kind::bye);
            return;
        default:
            return;
    }
}

// A client that was killed, and started again with the same port. To the peer its first message
// would be a copy, acknowledged, and the client would wait for a reply for ever.
bool UdpAcceptor::is_new_client(const Packet& packet, TimePoint now) {
    if (packet.kind != Packet::Kind::msg || packet.number != 1) return false;
    const TimePoint last = std::exchange(session_->first_heard, now);
    return session_->peer.open() && session_->peer.past_first() && now >= last + kMaxCopyAge;
}

void UdpAcceptor::on_first_message(const Address& sender, std::string_view text, TimePoint now) {
    const Past* past = past_.find(sender, now);
    if (past != nullptr && past->first_message == text && now < past->copies_until) return;
    if (!session_) return open(sender, text, false, now);
    if (!session_->peer.open()) return;  // it is leaving: the next copy will find it gone
    if (session_->peer.proved()) return refuse(sender);
    add_candidate(sender, text, now);
}

// A client that exists answers a PING; a forged address does not.
void UdpAcceptor::add_candidate(const Address& sender, std::string_view first_message,
                                TimePoint now) {
    if (candidates_.empty()) {
        first_candidate_at_ = now;
        candidates_asked_ = false;
    }
    session_->peer.ping(now);
    if (candidates_asked_) send(sender, Packet::Kind::ping);
    if (std::ranges::find(candidates_, sender, &Candidate::address) != candidates_.end()) return;
    if (candidates_.size() >= kMaxEntries) {
        const auto silent = std::ranges::find(candidates_, false, &Candidate::proved);
        if (silent == candidates_.end()) return;
        candidates_.erase(silent);
    }
    candidates_.push_back({sender, std::string(first_message)});
}

void UdpAcceptor::refuse(const Address& stranger) {
    send(stranger, Packet::Kind::busy);
    refused_ = stranger;
}

void UdpAcceptor::refuse_candidates() {
    for (const Candidate& candidate : candidates_) refuse(candidate.address);
    candidates_.clear();
}

const UdpAcceptor::Candidate* UdpAcceptor::successor() const {
    const auto first = std::ranges::find(candidates_, true, &Candidate::proved);
    return first == candidates_.end() ? nullptr : &*first;
}

void UdpAcceptor::open(const Address& client, std::string_view first_message, bool proved,
                       TimePoint now) {
    session_.emplace(client, first_message, own_name_, proved, now);
    // Its name has come already, and is acknowledged now.
    if (const std::string* name = names_.find(client, now)) {
        session_->peer.on_packet({Packet::Kind::msg, 0, *name}, now);
    }
    session_->peer.on_packet({Packet::Kind::msg, 1, session_->first_message}, now);
}

void UdpAcceptor::on_timer(TimePoint now) {
    if (!session_) return;
    session_->peer.on_timer(now);
    if (now < proof_deadline()) return;
    if (!std::exchange(candidates_asked_, true)) {
        session_->peer.ping(now);
        for (const Candidate& candidate : candidates_) send(candidate.address, Packet::Kind::ping);
    } else if (has_successor()) {
        session_->peer.fail("it does not answer, and somebody else is here");
    } else {
        candidates_.clear();  // those that still exist send their first message again
    }
}

TimePoint UdpAcceptor::proof_deadline() const {
    if (candidates_.empty() || session_->peer.over()) return kNever;
    return first_candidate_at_ + (candidates_asked_ ? kProofTimeout : kAskCandidatesAfter);
}

TimePoint UdpAcceptor::next_deadline() const {
    if (!session_) return kNever;
    return std::min(session_->peer.next_deadline(), proof_deadline());
}

void UdpAcceptor::disconnect(TimePoint now) {
    const TimePoint copies_until = now + (session_->said_goodbye ? kMaxTransit : kMaxCopyAge);
    past_.remember(session_->address, {std::move(session_->first_message), copies_until}, now);
    session_.reset();
    if (const Candidate* next = successor()) open(next->address, next->first_message, true, now);
    candidates_.clear();
}

UdpAcceptor::Outgoing UdpAcceptor::take_outgoing() {
    if (session_) {
        for (std::string& datagram : session_->peer.take_outgoing()) {
            outgoing_.emplace_back(session_->address, std::move(datagram));
        }
    }
    return std::exchange(outgoing_, {});
}

}  // namespace netlab::problem5
