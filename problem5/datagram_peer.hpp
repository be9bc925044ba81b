// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common/retransmit.hpp"
#include "problem5/packet.hpp"
#include "problem5/peer.hpp"

namespace netlab::problem5 {

// A peer on datagrams that may be lost, doubled and reordered: numbers what is said, sends it again
// until it is acknowledged, shows what it hears once and in order, probes silence, and says goodbye
// until it is answered. Knows no socket and no clock; whoever owns the socket feeds in what it
// receives, calls tick() at next_deadline(), and sends what take_outgoing() gives.
class DatagramPeer final : public Peer {
  public:
    static constexpr Duration kFirstTimeout =
        milliseconds(200);                               // of a message, until one is acked
    static constexpr Duration kProbeAfter = seconds(2);  // of silence
    static constexpr Duration kProbeEvery = milliseconds(500);
    static constexpr Duration kGoneAfter = seconds(9);
    static constexpr Duration kFlushTime = seconds(1);  // a goodbye waits so long for what was said
    static constexpr Duration kByeEvery = milliseconds(150);
    static constexpr int kMostByes = 5;
    static constexpr std::size_t kMostEvents = 64;  // not taken yet: more is not acknowledged

    // An empty name is not told; another one goes ahead of the first message, as MSG 0.
    explicit DatagramPeer(std::string own_name);

    void say(std::string_view text, TimePoint now) override;
    // At most two are under way: message n + 1 goes once n - 1 is acknowledged, so that a lost ACK
    // delays nothing where the reply has come.
    [[nodiscard]] bool ready() const override { return state_ == State::open && !window_.full(); }
    void goodbye(TimePoint now) override;
    [[nodiscard]] std::optional<PeerEvent> take_event() override;
    [[nodiscard]] bool name_may_come() const override { return !named_ && expected_ <= 2; }

    void receive(const Packet& packet, TimePoint now);
    // The kernel tells that nobody is there, or that nothing can be sent.
    void fail(const std::string& why);

    void tick(TimePoint now);
    [[nodiscard]] TimePoint next_deadline() const;
    [[nodiscard]] std::vector<std::string> take_outgoing();

    // Nothing more will be sent or received.
    [[nodiscard]] bool over() const noexcept { return state_ == State::over; }

  private:
    enum class State { open, leaving, over };

    void transmit(std::string_view text, TimePoint now);
    void send(Packet::Kind kind, std::uint64_t number = 0);
    void receive_message(const Packet& message);
    void receive_goodbye();
    void say_goodbye(TimePoint now);
    void probe(TimePoint now);
    void end(PeerEvent event);

    State state_ = State::open;
    std::string own_name_;
    RttEstimator rtt_{kFirstTimeout};
    SendWindow window_;
    std::map<std::uint64_t, std::string> unacknowledged_;  // as they were sent
    std::uint64_t expected_ = 1;                           // the number of the peer's next message
    bool named_ = false;
    bool answered_ = false;  // the peer has sent something
    std::deque<PeerEvent> events_;
    std::vector<std::string> outgoing_;

    TimePoint heard_ = kNever;  // last, or the first time that we spoke; kNever: before either
    TimePoint next_probe_ = kNever;
    TimePoint next_bye_ = kNever;
    int byes_ = 0;
};

}  // namespace netlab::problem5
