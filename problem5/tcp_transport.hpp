// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "common/socket.hpp"
#include "problem5/line_peer.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// A connection, and the LinePeer behind it. A server's takes one client after another; whoever
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
    void admit(TimePoint now) override;
    void let_go(TimePoint now) override;
    void finish() override;

  private:
    struct Connection {
        Connection(TcpStream connected, const std::string& own_name, const Tracer& tracer,
                   TimePoint now)
            : stream(std::move(connected)), peer(own_name, tracer, now) {}
        TcpStream stream;
        LinePeer peer;
    };
    void dismiss(TcpStream stream, std::string_view last_words, TimePoint now);

    const std::string own_name_;
    const Tracer& tracer_;
    std::optional<TcpListener> listener_;  // a server's
    std::optional<Connection> connection_;
    std::deque<std::pair<TcpStream, TimePoint>> leaving_;  // and until when each is kept
    TimePoint accept_again_ = kNever;                      // after a failure, until then not
    bool accept_failed_ = false;
};

}  // namespace netlab::problem5
