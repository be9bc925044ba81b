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

// A stream and the LinePeer behind it, if there is one.
class TcpTransport : public Transport {
  public:
    Peer* peer() override { return connection_ ? &connection_->peer : nullptr; }
    Watched watched() const override;
    void on_timer(TimePoint now) override;
    TimePoint next_deadline() const override;
    bool receive(TimePoint now) override;
    bool send(TimePoint now) override;
    void finish() override;

  protected:
    TcpTransport(std::string own_name, const Tracer& tracer)
        : own_name_(std::move(own_name)), tracer_(tracer) {}

    struct Connection {
        Connection(TcpStream connected, const std::string& own_name, const Tracer& tracer,
                   TimePoint now)
            : stream(std::move(connected)), peer(own_name, tracer, now) {}
        TcpStream stream;
        LinePeer peer;
    };
    void connect(TcpStream stream, TimePoint now) {
        connection_.emplace(std::move(stream), own_name_, tracer_, now);
    }

    std::optional<Connection> connection_;

  private:
    const std::string own_name_;
    const Tracer& tracer_;
};

class TcpClient final : public TcpTransport {
  public:
    TcpClient(TcpStream stream, std::string own_name, const Tracer& tracer, TimePoint now)
        : TcpTransport(std::move(own_name), tracer) {
        connect(std::move(stream), now);
    }
    std::string greeting() override;
};

// One client after another. Whoever comes while there is one is told that the server is busy.
class TcpServer final : public TcpTransport {
  public:
    TcpServer(TcpListener listener, std::string own_name, const Tracer& tracer)
        : TcpTransport(std::move(own_name), tracer), listener_(std::move(listener)) {}

    [[nodiscard]] Address local_address() const { return listener_.local_address(); }

    std::string greeting() override;
    Watched watched() const override;
    void on_timer(TimePoint now) override;
    TimePoint next_deadline() const override;
    void admit(TimePoint now) override;
    void let_go(TimePoint now) override;

  private:
    void dismiss(TcpStream stream, std::string_view last_words, TimePoint now);

    TcpListener listener_;
    std::deque<std::pair<TcpStream, TimePoint>> leaving_;  // and until when each is kept
    TimePoint accept_again_ = kNever;                      // after a failure, until then not
    bool accept_failed_ = false;
};

}  // namespace netlab::problem5
