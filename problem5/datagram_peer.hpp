// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/retransmit.hpp"
#include "problem5/peer.hpp"
#include "problem5/protocol.hpp"

namespace netlab::problem5 {

// A peer on datagrams that may be lost, duplicated and reordered: numbers what is said, sends it
// again until it is acknowledged, hears each message once and in order, probes silence, and says
// goodbye until it is answered. Whoever owns the socket feeds in what it receives, calls on_timer()
// at next_deadline(), and sends what take_outgoing() gives.
class DatagramPeer final : public Peer {
  public:
    static constexpr Duration kFirstTimeout = milliseconds(200);  // of a MSG, until one is acked
    static constexpr Duration kProbeAfter = seconds(2);           // of silence
    static constexpr Duration kProbeEvery = milliseconds(500);
    static constexpr Duration kGoneAfter = seconds(9);
    static constexpr Duration kFlushTime = seconds(1);  // a goodbye waits for the last ACKs
    static constexpr Duration kByeEvery = milliseconds(150);
    static constexpr int kMaxByes = 5;
    static constexpr std::size_t kMaxEvents = 64;  // not taken yet; beyond, no MSG is acknowledged
    static constexpr std::size_t kMaxAmplification = 3;

    // An empty name is not sent; another one goes before the first message, as MSG 0. A peer that
    // has not `proved` that it hears us may have a forged address, and is sent at most three times
    // the bytes that came from it (RFC 9000, 8.1).
    explicit DatagramPeer(std::string own_name, bool proved = true);

    void say(std::string_view text, TimePoint now) override;
    // At most two are under way: message n + 1 goes once n - 1 is acknowledged, so that a lost ACK
    // delays nothing if the reply has come.
    [[nodiscard]] bool ready() const override {
        return state_ == State::open && !window_.full() && !kept_back_;
    }
    void goodbye(TimePoint now) override;
    // At next_deadline(), or later.
    void on_timer(TimePoint now);
    [[nodiscard]] TimePoint next_deadline() const;
    // True until either end has left.
    [[nodiscard]] bool open() const { return state_ == State::open; }
    [[nodiscard]] bool over() const override { return state_ == State::over; }
    [[nodiscard]] bool all_arrived() const override { return unacknowledged_.empty(); }
    [[nodiscard]] bool name_may_come() const override { return !named_ && expected_ <= 2; }

    void on_packet(const Packet& packet, TimePoint now);
    [[nodiscard]] std::vector<std::string> take_outgoing();
    // The peer is lost.
    void fail(const std::string& why) { end({PeerEvent::Kind::lost, why}); }
    // This end has failed: says goodbye, so that the peer does not wait for the next message.
    void abort(const std::string& why);

    // True once MSG 3 has come: the peer sends it only after our ACK 1, and has no more reason to
    // repeat MSG 1.
    [[nodiscard]] bool past_first() const noexcept { return expected_ > 3; }
    // True once the peer has acknowledged a MSG or answered a PING.
    [[nodiscard]] bool proved() const noexcept { return proved_; }
    // Sends a PING, which an honest peer answers.
    void ping(TimePoint now);

  private:
    enum class State {
        open,
        leaving,       // we have said goodbye, or will once all is acknowledged
        peer_leaving,  // the peer has said goodbye, and has not acknowledged all yet
        over
    };

    // True unless it would be more than an unproved peer may be sent.
    [[nodiscard]] bool may_send(std::size_t size) const { return proved_ || size <= allowance_; }
    void put(std::string datagram);
    void send(Packet::Kind kind, std::uint64_t number = 0) { put(Packet{kind, number}.encode()); }
    void prove();
    void send_message(std::string_view text, TimePoint now);
    void send_again(TimePoint now);
    void receive_message(const Packet& message);
    void receive_acknowledgement(std::uint64_t number, TimePoint now);
    void receive_goodbye(TimePoint now);
    void say_goodbye(TimePoint now);
    void end(PeerEvent event);

    State state_ = State::open;
    std::string own_name_;
    RttEstimator rtt_{kFirstTimeout};
    SendWindow window_;
    std::map<std::uint64_t, std::string> unacknowledged_;  // as they were sent
    std::uint64_t expected_ = 1;                           // the number of the peer's next message
    bool named_ = false;
    bool accepted_ = false;  // the peer has answered, and not with BUSY
    bool proved_;
    bool challenged_ = false;
    std::size_t allowance_ = 0;  // bytes that an unproved peer may still be sent
    bool kept_back_ = false;     // a MSG, or a copy of one, was more than that
    std::vector<std::string> outgoing_;

    TimePoint heard_ = kNever;  // the peer, last; before that, when we first sent
    TimePoint next_probe_ = kNever;
    TimePoint next_bye_ = kNever;  // or the next copies of what is not acknowledged
    TimePoint flush_until_ = kNever;
    int byes_ = 0;
};

}  // namespace netlab::problem5
