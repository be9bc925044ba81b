// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/lingering_streams.hpp"
#include "common/socket.hpp"
#include "problem5/line_peer.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// A connection, and the LinePeer behind it. A server accepts one client after another; whoever
// comes while there is one is told that the server is busy.
class TcpTransport final : public Transport {
  public:
    TcpTransport(TcpStream server, std::string own_name, const Tracer& tracer, TimePoint now);
    TcpTransport(TcpListener listener, std::string own_name, const Tracer& tracer);

    Peer* peer() override { return connection_ ? &connection_->peer : nullptr; }
    std::string greeting() override;
    Watched watched() const override;
    void on_timer(TimePoint now) override;
    TimePoint next_deadline() const override;
    bool receive(TimePoint now) override;
    bool send(TimePoint now) override;
    void accept(TimePoint now) override;
    void disconnect(TimePoint now) override;
    void finish() override;

  private:
    struct Connection {
        Connection(TcpStream connected, const std::string& own_name, const Tracer& tracer,
                   TimePoint now)
            : stream(std::move(connected)), peer(own_name, tracer, now) {}
        TcpStream stream;
        LinePeer peer;
    };

    const std::string own_name_;
    const Tracer& tracer_;
    std::optional<TcpListener> listener_;  // a server's
    std::optional<Connection> connection_;
    LingeringStreams closing_;
    TimePoint accept_again_ = kNever;  // when a pause after a failure ends
    bool accept_failed_ = false;
};

}  // namespace netlab::problem5
