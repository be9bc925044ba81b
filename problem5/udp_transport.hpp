// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "common/datagram_channel.hpp"
#include "problem5/datagram_peer.hpp"
#include "problem5/reception.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// A socket for readable datagrams, through the impairment and into the trace.
class UdpTransport : public Transport {
  public:
    Watched watched() const override { return {.data = channel_.watched()}; }
    TimePoint next_deadline() const override;
    bool receive(TimePoint now) override;

  protected:
    UdpTransport(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                 DatagramChannel::OnFailure on_failure);

    virtual void on_packet(const Packet& packet, const Address& sender, TimePoint now) = 0;
    // Of the machines alone.
    [[nodiscard]] virtual TimePoint machine_deadline() const = 0;

    void put(const Address& to, std::string_view datagram, TimePoint now);

    DatagramChannel channel_;

  private:
    DatagramChannel::OnFailure on_failure_;
    std::vector<std::byte> buffer_;
};

class UdpClient final : public UdpTransport {
  public:
    UdpClient(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
              const Tracer& tracer);

    Peer* peer() override { return &peer_; }
    std::string greeting() const override;
    void on_timer(TimePoint now) override { peer_.on_timer(now); }
    bool send(TimePoint now) override;

  private:
    void on_packet(const Packet& packet, const Address&, TimePoint now) override {
        peer_.on_packet(packet, now);
    }
    TimePoint machine_deadline() const override { return peer_.next_deadline(); }

    const Address server_;
    DatagramPeer peer_;
};

// One client after another, all through one socket: only the sender of a datagram tells the client
// from a stranger.
class UdpServer final : public UdpTransport {
  public:
    // `notice` and `error` tell the user something.
    UdpServer(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
              const Tracer& tracer, Tell notice, const Tell& error);

    Peer* peer() override { return reception_.peer(); }
    std::string greeting() const override;
    void on_timer(TimePoint now) override { reception_.on_timer(now); }
    bool send(TimePoint now) override;
    void let_go(TimePoint now) override { reception_.let_go(now); }
    bool has_successor() const override { return reception_.has_successor(); }

  private:
    void on_packet(const Packet& packet, const Address& sender, TimePoint now) override {
        reception_.on_packet(sender, packet, now);
    }
    TimePoint machine_deadline() const override { return reception_.next_deadline(); }

    BusyNotice busy_notice_;
    Reception reception_;
};

}  // namespace netlab::problem5
