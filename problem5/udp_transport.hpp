// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/datagram_channel.hpp"
#include "problem5/transport.hpp"
#include "problem5/udp_acceptor.hpp"

namespace netlab::problem5 {

// A socket for readable datagrams, through the impairment and into the trace. A connected one is a
// client's; a server takes one client after another, all through one socket: only the sender of a
// datagram tells the client from a stranger.
class UdpTransport final : public Transport {
  public:
    UdpTransport(UdpSocket socket, const std::string& own_name, const ImpairmentSpec& impairment,
                 const Tracer& tracer);

    Peer* peer() override { return server_ ? &*server_ : acceptor_.peer(); }
    std::string greeting() override;
    Watched watched() const override { return {.data = channel_.watched()}; }
    void on_timer(TimePoint now) override;
    TimePoint next_deadline() const override;
    bool receive(TimePoint now) override;
    bool send(TimePoint now) override;
    void disconnect(TimePoint now) override { acceptor_.disconnect(now); }
    bool has_successor() const override { return acceptor_.has_successor(); }
    void finish() override;

  private:
    void on_failure(const SystemError& error);

    DatagramChannel channel_;
    std::vector<std::byte> buffer_;
    std::optional<DatagramPeer> server_;  // a client's peer
    UdpAcceptor acceptor_;                // a server's
};

}  // namespace netlab::problem5
