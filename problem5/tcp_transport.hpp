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

// A stream and the LinePeer behind it.
class TcpConnection {
  public:
    TcpConnection(TcpStream stream, const std::string& own_name, const Tracer& tracer,
                  TimePoint now)
        : stream_(std::move(stream)), peer_(own_name, tracer, now) {}

    [[nodiscard]] LinePeer& peer() noexcept { return peer_; }
    [[nodiscard]] const LinePeer& peer() const noexcept { return peer_; }
    [[nodiscard]] TcpStream& stream() noexcept { return stream_; }
    [[nodiscard]] const std::string& name() const noexcept { return stream_.peer_name(); }

    [[nodiscard]] pollfd watched() const noexcept;
    bool receive(TimePoint now);
    bool send();

  private:
    TcpStream stream_;
    LinePeer peer_;
};

class TcpClient final : public Transport {
  public:
    TcpClient(TcpStream stream, const std::string& own_name, const Tracer& tracer, TimePoint now)
        : connection_(std::move(stream), own_name, tracer, now) {}

    Peer* peer() override { return &connection_.peer(); }
    std::string greeting() const override {
        return "connected to " + connection_.name() + ": you speak first";
    }
    Watched watched() const override { return {.data = connection_.watched()}; }
    TimePoint next_deadline() const override { return connection_.peer().next_deadline(); }
    void on_timer(TimePoint now) override { connection_.peer().on_timer(now); }
    bool receive(TimePoint now) override { return connection_.receive(now); }
    bool send(TimePoint) override { return connection_.send(); }
    void finish() override;

  private:
    TcpConnection connection_;
};

// One client after another. Whoever comes while there is one is told that the server is busy.
class TcpServer final : public Transport {
  public:
    // `notice` and `error` tell the user something.
    TcpServer(TcpListener listener, const std::string& own_name, const Tracer& tracer, Tell notice,
              Tell error);

    Peer* peer() override { return connection_ ? &connection_->peer() : nullptr; }
    std::string greeting() const override {
        return connection_.value().name() + " has come, and speaks first";
    }
    Watched watched() const override;
    TimePoint next_deadline() const override;
    void on_timer(TimePoint now) override;
    bool receive(TimePoint now) override { return connection_ && connection_->receive(now); }
    bool send(TimePoint) override { return connection_ && connection_->send(); }
    void admit(TimePoint now) override;
    void let_go(TimePoint now) override;
    void finish() override;

  private:
    void welcome(TcpStream stream, TimePoint now);
    void dismiss(TcpStream stream, std::string_view last_words, TimePoint now);

    TcpListener listener_;
    const std::string own_name_;
    const Tracer& tracer_;
    BusyNotice busy_notice_;
    Tell error_;
    std::optional<TcpConnection> connection_;
    std::deque<std::pair<TcpStream, TimePoint>> leaving_;  // and until when each is kept
    TimePoint accept_again_ = kNever;                      // after a failure, until then not
    bool accept_failed_ = false;
};

}  // namespace netlab::problem5
