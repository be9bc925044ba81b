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

// The server's end over UDP: tells the peer that it talks to from strangers, and knows which
// dialogues are over. Pure, as DatagramPeer is.
class Reception {
  public:
    // How long a copy of a past dialogue's first message does not begin another one. Its client
    // has given up by then.
    static constexpr Duration kEchoes = seconds(10);
    // Once another one wants its place, a client that has not proved its address has so long to do
    // it; the other one is asked for its proof if that did not come soon.
    static constexpr Duration kChallengeTime = seconds(2);
    static constexpr Duration kSoon = milliseconds(500);
    static constexpr std::size_t kMaxKept = 64;

    explicit Reception(std::string own_name) : own_name_(std::move(own_name)) {}

    void on_packet(const Address& sender, const Packet& packet, TimePoint now);
    void on_timer(TimePoint now);
    [[nodiscard]] TimePoint next_deadline() const;

    // nullptr while there is none. Until let_go() it stays, also when it is over.
    [[nodiscard]] DatagramPeer* peer() noexcept { return session_ ? &session_->peer : nullptr; }
    // Only while there is a peer.
    [[nodiscard]] const Address& address() const { return session_.value().address; }

    // Forgets the peer but for its late datagrams. A rival that has proved itself is the next one.
    void let_go(TimePoint now);
    // True if it is over because somebody else takes its place, who has proved the address.
    [[nodiscard]] bool has_successor() const { return successor() != nullptr; }

    using Outgoing = std::vector<std::pair<Address, std::string>>;
    [[nodiscard]] Outgoing take_outgoing();
    // The last one who was told that the server is busy.
    [[nodiscard]] std::optional<Address> take_refused() { return std::exchange(refused_, {}); }

  private:
    struct Session {
        Session(const Address& client, std::string_view first, const std::string& own_name,
                bool proved, TimePoint now)
            : address(client), first_message(first), first_heard(now), peer(own_name, proved) {}
        Address address;
        std::string first_message;
        TimePoint first_heard;  // the last copy of it
        DatagramPeer peer;
    };
    // Wants the place of one who has not proved its address.
    struct Rival {
        Address address;
        std::string first_message;
        bool answered = false;  // our PING
    };

    [[nodiscard]] bool begins_anew(const Packet& packet, TimePoint now);
    void replace(const Address& client, std::string_view first_message);
    void on_first_message(const Address& sender, std::string_view text, TimePoint now);
    void challenge(const Address& rival, std::string_view first_message, TimePoint now);
    void refuse_rivals();
    [[nodiscard]] const Rival* successor() const;
    [[nodiscard]] TimePoint rivals_deadline() const;
    void refuse(const Address& stranger);
    void open(const Address& client, std::string_view first_message, bool proved, TimePoint now);
    void send(const Address& to, Packet::Kind kind) {
        outgoing_.emplace_back(to, Packet{kind}.encode());
    }

    std::string own_name_;
    std::optional<Session> session_;
    RecentMap<Address, std::string> names_{kMaxKept, kEchoes};  // that came ahead of a MSG 1
    RecentMap<Address, std::string> over_{kMaxKept, kEchoes};   // and the first messages
    std::vector<Rival> rivals_;
    TimePoint challenged_at_ = kNever;  // the peer, because of them
    bool rivals_asked_ = false;
    Outgoing outgoing_;
    std::optional<Address> refused_;
};

}  // namespace netlab::problem5
