// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "common/datagram_channel.hpp"
#include "problem5/reception.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// A socket for readable datagrams, through the impairment and into the trace.
class UdpTransport : public Transport {
  public:
    [[nodiscard]] Address local_address() { return channel_.socket().local_address(); }

    Watched watched() const override { return {.data = channel_.watched()}; }
    bool receive(TimePoint now) override;

  protected:
    UdpTransport(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer)
        : channel_(std::move(socket), impairment, tracer,
                   [this](const SystemError& error) { on_failure(error.what()); }) {}

    virtual void on_packet(const Packet& packet, const Address& sender, TimePoint now) = 0;
    virtual void on_failure(const std::string& why) = 0;
    void put(const Address& to, std::string_view datagram, TimePoint now);

    DatagramChannel channel_;

  private:
    static constexpr std::size_t kMaxDatagram = 64 * 1024;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(kMaxDatagram);
};

class UdpClient final : public UdpTransport {
  public:
    UdpClient(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
              const Tracer& tracer)
        : UdpTransport(std::move(socket), impairment, tracer), peer_(own_name) {}

    Peer* peer() override { return &peer_; }
    std::string greeting() override;
    void on_timer(TimePoint now) override { peer_.on_timer(now); }
    TimePoint next_deadline() const override;
    bool send(TimePoint now) override;

  private:
    void on_packet(const Packet& packet, const Address&, TimePoint now) override {
        peer_.on_packet(packet, now);
    }
    // "Connection refused": nobody is there (any more).
    void on_failure(const std::string& why) override { peer_.fail(why); }

    DatagramPeer peer_;
};

// One client after another, all through one socket: only the sender of a datagram tells the client
// from a stranger.
class UdpServer final : public UdpTransport {
  public:
    UdpServer(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
              const Tracer& tracer)
        : UdpTransport(std::move(socket), impairment, tracer), reception_(own_name) {}

    Peer* peer() override { return reception_.peer(); }
    std::string greeting() override;
    void on_timer(TimePoint now) override { reception_.on_timer(now); }
    TimePoint next_deadline() const override;
    bool send(TimePoint now) override;
    void let_go(TimePoint now) override { reception_.let_go(now); }
    bool has_successor() const override { return reception_.has_successor(); }

  private:
    void on_packet(const Packet& packet, const Address& sender, TimePoint now) override {
        reception_.on_packet(sender, packet, now);
    }
    void on_failure(const std::string& why) override { tell_error(why); }

    Reception reception_;
};

}  // namespace netlab::problem5
