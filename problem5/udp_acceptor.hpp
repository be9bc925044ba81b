// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/address.hpp"
#include "common/recent_map.hpp"
#include "problem5/datagram_peer.hpp"

namespace netlab::problem5 {

// The server's end over UDP: accepts one client after another, tells its datagrams from those of
// strangers, and knows which dialogues are over. Pure, as DatagramPeer is.
//
// A source address can be forged (RFC 9000, 8.1). So a client that has not proved that it hears us
// does not keep others out: they become candidates for its place.
class UdpAcceptor {
  public:
    // A copy of a past dialogue's MSG 1 begins no new one: for kMaxCopyAge, by when its client has
    // given up; for kMaxTransit if it has said BYE, since it then sends no more.
    static constexpr Duration kMaxCopyAge = seconds(10);
    static constexpr Duration kMaxTransit = seconds(1);
    // Once there is a candidate, a client has this long to prove its address; the candidates are
    // asked for their proof if that did not come soon.
    static constexpr Duration kProofTimeout = seconds(2);
    static constexpr Duration kAskCandidatesAfter = milliseconds(500);
    static constexpr std::size_t kMaxEntries = 64;

    explicit UdpAcceptor(std::string own_name) : own_name_(std::move(own_name)) {}

    void on_packet(const Address& sender, const Packet& packet, TimePoint now) {
        if (session_ && sender == session_->address) {
            if (is_new_client(packet, now)) {
                candidates_ = {{sender, std::string(packet.text), session_->peer.proved()}};
                return session_->peer.fail("somebody else speaks from its address");
            }
            if (is_first_message(packet)) session_->last_copy_at = now;
            session_->said_goodbye |= packet.kind == Packet::Kind::bye;
            session_->peer.on_packet(packet, now);
            if (!session_->peer.proved()) return;
            for (const Candidate& one : candidates_) send(one.address, Packet::Kind::busy);
            candidates_.clear();
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

    void on_timer(TimePoint now) {
        if (!session_) return;
        session_->peer.on_timer(now);
        if (now < proof_deadline()) return;
        if (!std::exchange(candidates_asked_, true)) {
            session_->peer.ping(now);
            for (const Candidate& candidate : candidates_)
                send(candidate.address, Packet::Kind::ping);
        } else if (has_successor()) {
            session_->peer.fail("it does not answer, and somebody else is here");
        } else {
            candidates_.clear();  // those that still exist send their first message again
        }
    }

    [[nodiscard]] TimePoint next_deadline() const {
        if (!session_) return kNever;
        return std::min(session_->peer.next_deadline(), proof_deadline());
    }

    // nullptr if there is none. It stays until disconnect(), also when it is over.
    [[nodiscard]] DatagramPeer* peer() noexcept { return session_ ? &session_->peer : nullptr; }
    // Only while there is a peer.
    [[nodiscard]] const Address& address() const { return session_.value().address; }

    // The dialogue is over. A candidate that has proved its address is the next peer.
    void disconnect(TimePoint now) {
        const TimePoint copies_until = now + (session_->said_goodbye ? kMaxTransit : kMaxCopyAge);
        past_.remember(session_->address, {std::move(session_->first_message), copies_until}, now);
        session_.reset();
        if (const Candidate* next = successor())
            open(next->address, next->first_message, true, now);
        candidates_.clear();
    }

    // True if there is such a candidate.
    [[nodiscard]] bool has_successor() const { return successor() != nullptr; }

    using Outgoing = std::vector<std::pair<Address, std::string>>;
    [[nodiscard]] Outgoing take_outgoing() {
        if (session_) {
            for (std::string& datagram : session_->peer.take_outgoing()) {
                outgoing_.emplace_back(session_->address, std::move(datagram));
            }
        }
        return std::exchange(outgoing_, {});
    }

  private:
    struct Session {
        Session(const Address& client, std::string_view first, const std::string& own_name,
                bool proved, TimePoint now)
            : address(client), first_message(first), last_copy_at(now), peer(own_name, proved) {}
        Address address;
        std::string first_message;
        TimePoint last_copy_at;  // of the first message
        bool said_goodbye = false;
        DatagramPeer peer;
    };
    struct Past {
        std::string first_message;
        TimePoint copies_until;
    };
    struct Candidate {
        Address address;
        std::string first_message;
        bool proved = false;
    };

    static bool is_first_message(const Packet& packet) {
        return packet.kind == Packet::Kind::msg && packet.number == 1;
    }

    // A client that was killed, and started again with the same port. To the peer its first message
    // would be a copy, acknowledged, and the client would wait for a reply for ever.
    [[nodiscard]] bool is_new_client(const Packet& packet, TimePoint now) const {
        return is_first_message(packet) && session_->peer.open() && session_->peer.past_first() &&
               now >= session_->last_copy_at + kMaxCopyAge;
    }

    void on_first_message(const Address& sender, std::string_view text, TimePoint now) {
        const Past* past = past_.find(sender, now);
        if (past != nullptr && past->first_message == text && now < past->copies_until) return;
        if (!session_) return open(sender, text, false, now);
        if (!session_->peer.open()) return;  // it is leaving: the next copy will find it gone
        if (session_->peer.proved()) return send(sender, Packet::Kind::busy);
        add_candidate(sender, text, now);
    }

    // A client that exists answers a PING; a forged address does not.
    void add_candidate(const Address& sender, std::string_view first_message, TimePoint now) {
        if (candidates_.empty()) {
            first_candidate_at_ = now;
            candidates_asked_ = false;
        }
        session_->peer.ping(now);
        if (candidates_asked_) send(sender, Packet::Kind::ping);
        if (std::ranges::find(candidates_, sender, &Candidate::address) != candidates_.end())
            return;
        if (candidates_.size() >= kMaxEntries) {
            const auto silent = std::ranges::find(candidates_, false, &Candidate::proved);
            if (silent == candidates_.end()) return;
            candidates_.erase(silent);
        }
        candidates_.push_back({sender, std::string(first_message)});
    }

    [[nodiscard]] const Candidate* successor() const {
        const auto first = std::ranges::find(candidates_, true, &Candidate::proved);
        return first == candidates_.end() ? nullptr : &*first;
    }

    [[nodiscard]] TimePoint proof_deadline() const {
        if (candidates_.empty() || session_->peer.over()) return kNever;
        return first_candidate_at_ + (candidates_asked_ ? kProofTimeout : kAskCandidatesAfter);
    }

    void open(const Address& client, std::string_view first_message, bool proved, TimePoint now) {
        session_.emplace(client, first_message, own_name_, proved, now);
        // Its name has come already, and is acknowledged now.
        if (const std::string* name = names_.find(client, now)) {
            session_->peer.on_packet({Packet::Kind::msg, 0, *name}, now);
        }
        session_->peer.on_packet({Packet::Kind::msg, 1, session_->first_message}, now);
    }

    void send(const Address& to, Packet::Kind kind) {
        outgoing_.emplace_back(to, Packet{kind}.encode());
    }

    const std::string own_name_;
    std::optional<Session> session_;
    RecentMap<Address, std::string> names_{kMaxEntries, kMaxCopyAge};  // that came before a MSG 1
    RecentMap<Address, Past> past_{kMaxEntries, kMaxCopyAge};          // dialogues
    std::vector<Candidate> candidates_;
    TimePoint first_candidate_at_ = kNever;
    bool candidates_asked_ = false;  // for their proof
    Outgoing outgoing_;
};

}  // namespace netlab::problem5
