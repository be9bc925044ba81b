// SPDX-License-Identifier: MIT
#include <poll.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/error.hpp"
#include "problem5/line_peer.hpp"
#include "problem5/protocol.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

namespace {

constexpr Duration kBackOff = milliseconds(50);

// A connection, and the LinePeer behind it. A server accepts one client after another; whoever
// comes while there is one is told that the server is busy.
class TcpTransport final : public Transport {
  public:
    TcpTransport(std::optional<TcpListener> listener, std::string own_name, const Tracer& tracer)
        : own_name_(std::move(own_name)), tracer_(tracer), listener_(std::move(listener)) {}

    void connect(TcpStream stream, TimePoint now) {
        connection_.emplace(std::move(stream), own_name_, tracer_, now);
    }

    Peer* peer() override { return connection_ ? &connection_->peer : nullptr; }
    std::string peer_name() override { return connection_.value().stream.peer_name(); }

    Watched watched() const override {
        Watched watched;
        bool leaving = false;
        if (connection_) {
            const LinePeer& peer = connection_->peer;
            const int events =
                (peer.wants_input() ? POLLIN : 0) | (peer.unsent().empty() ? 0 : POLLOUT);
            // poll(2) reports a reset (POLLHUP) also if no event was asked for, and would not
            // sleep.
            const int fd = events != 0 ? connection_->stream.descriptor().get() : -1;
            watched.data = {fd, static_cast<short>(events), 0};
            leaving = !peer.open() && !peer.over();
        }
        // While the client is leaving, the next one waits, and is not told busy.
        if (listener_ && !leaving && accept_again_ == kNever) {
            watched.listener = {listener_->descriptor().get(), POLLIN, 0};
        }
        return watched;
    }

    void on_timer(TimePoint now) override {
        if (connection_) connection_->peer.on_timer(now);
        closing_.drain(now);
        if (now >= accept_again_) accept_again_ = kNever;
    }

    TimePoint next_deadline() const override {
        return std::min({connection_ ? connection_->peer.next_deadline() : kNever, accept_again_,
                         closing_.next_deadline()});
    }

    bool receive(TimePoint now) override {
        if (!connection_ || !connection_->peer.wants_input()) return false;
        auto& [stream, peer] = *connection_;
        try {
            const auto size = stream.try_read(peer.prepare());
            if (size) peer.on_bytes(*size, now);
            return size.has_value();
        } catch (const SystemError& error) {
            peer.fail(error.what());
            return true;
        }
    }

    bool send(TimePoint) override {
        if (!connection_ || connection_->peer.unsent().empty()) return false;
        auto& [stream, peer] = *connection_;
        try {
            peer.on_sent(stream.write_some(peer.unsent()));
            // Nothing follows a goodbye.
            if (peer.ready() && !peer.open()) stream.shutdown_write();
            return peer.ready();
        } catch (const SystemError& error) {
            peer.fail(error.what());
            return true;
        }
    }

    void accept(TimePoint now) override {
        try {
            auto stream = listener_->accept();
            accept_failed_ = false;
            if (!stream) return;
            if (!connection_) return connect(std::move(*stream), now);
            closing_.add(std::move(*stream), now, as_bytes(kBusyLine));
        } catch (const SystemError& error) {
            if (!std::exchange(accept_failed_, true)) report_error(error.what());
            // Out of descriptors, say. The listener stays readable while the client waits: without
            // a pause this would spin.
            accept_again_ = now + kBackOff;
        }
    }

    void disconnect(TimePoint now) override {
        closing_.add(std::move(connection_->stream), now);
        connection_.reset();
    }

    void finish() override {
        if (!connection_) return;
        auto& [stream, peer] = *connection_;
        stream.close_gracefully(std::min(peer.close_by(), deadline_in(LinePeer::kLingerTime)));
    }

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

}  // namespace

std::unique_ptr<Transport> tcp_client(TcpStream server, std::string own_name,
                                      const Tracer& tracer) {
    auto transport = std::make_unique<TcpTransport>(std::nullopt, std::move(own_name), tracer);
    transport->connect(std::move(server), Clock::now());
    return transport;
}

std::unique_ptr<Transport> tcp_server(TcpListener listener, std::string own_name,
                                      const Tracer& tracer) {
    return std::make_unique<TcpTransport>(std::move(listener), std::move(own_name), tracer);
}

}  // namespace netlab::problem5
