// SPDX-License-Identifier: MIT
#pragma once

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
    // How long a copy of a past dialogue's first message does not begin another one: until its
    // client has given up; or, if it has said goodbye and so sends no more of them, until the last
    // one has arrived.
    static constexpr Duration kMaxCopyAge = seconds(10);
    static constexpr Duration kMaxTransit = seconds(1);
    // Once there is a candidate, a client has this long to prove its address; the candidates are
    // asked for their proof if that did not come soon.
    static constexpr Duration kProofTimeout = seconds(2);
    static constexpr Duration kAskCandidatesAfter = milliseconds(500);
    static constexpr std::size_t kMaxEntries = 64;

    explicit UdpAcceptor(std::string own_name) : own_name_(std::move(own_name)) {}

    void on_packet(const Address& sender, const Packet& packet, TimePoint now);
    void on_timer(TimePoint now);
    [[nodiscard]] TimePoint next_deadline() const;

    // nullptr if there is none. It stays until disconnect(), also when it is over.
    [[nodiscard]] DatagramPeer* peer() noexcept { return session_ ? &session_->peer : nullptr; }
    // Only while there is a peer.
    [[nodiscard]] const Address& address() const { return session_.value().address; }

    // The dialogue is over. A candidate that has proved its address is the next peer.
    void disconnect(TimePoint now);
    // True if there is such a candidate.
    [[nodiscard]] bool has_successor() const { return successor() != nullptr; }

    using Outgoing = std::vector<std::pair<Address, std::string>>;
    [[nodiscard]] Outgoing take_outgoing();
    // The last client that was told that the server is busy.
    [[nodiscard]] std::optional<Address> take_refused() { return std::exchange(refused_, {}); }

  private:
    struct Session {
        Session(const Address& client, std::string_view first, const std::string& own_name,
                bool proved, TimePoint now)
            : address(client), first_message(first), first_heard(now), peer(own_name, proved) {}
        Address address;
        std::string first_message;
        TimePoint first_heard;  // its last copy
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

    [[nodiscard]] bool is_new_client(const Packet& packet, TimePoint now);
    void on_first_message(const Address& sender, std::string_view text, TimePoint now);
    void add_candidate(const Address& sender, std::string_view first_message, TimePoint now);
    void refuse_candidates();
    [[nodiscard]] const Candidate* successor() const;
    [[nodiscard]] TimePoint proof_deadline() const;
    void refuse(const Address& stranger);
    void open(const Address& client, std::string_view first_message, bool proved, TimePoint now);
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
    std::optional<Address> refused_;
};

}  // namespace netlab::problem5
