// SPDX-License-Identifier: MIT
#include "problem5/tcp_transport.hpp"

#include <poll.h>

#include <algorithm>

#include "common/error.hpp"
#include "problem5/chat_line.hpp"

namespace netlab::problem5 {

namespace {

constexpr Duration kBackOff = milliseconds(50);
constexpr std::size_t kMaxDropped = 16 * 1024 * 1024;  // bytes that come after a goodbye

}  // namespace

TcpTransport::TcpTransport(TcpStream server, std::string own_name, const Tracer& tracer,
                           TimePoint now)
    : own_name_(std::move(own_name)), tracer_(tracer) {
    connection_.emplace(std::move(server), own_name_, tracer_, now);
}

TcpTransport::TcpTransport(TcpListener listener, std::string own_name, const Tracer& tracer)
    : own_name_(std::move(own_name)), tracer_(tracer), listener_(std::move(listener)) {}

std::string TcpTransport::greeting() {
    const std::string& name = connection_->stream.peer_name();
    if (listener_) return name + " has come, and speaks first";
    return "connected to " + name + ": you speak first";
}

Transport::Watched TcpTransport::watched() const {
    Watched watched;
    bool leaving = false;
    if (connection_) {
        const LinePeer& peer = connection_->peer;
        const int events = (peer.wants_input() ? POLLIN : 0) | (peer.ready() ? 0 : POLLOUT);
        // poll(2) reports a reset (POLLHUP) also if no event was asked for, and would not sleep.
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

void TcpTransport::on_timer(TimePoint now) {
    if (connection_) connection_->peer.on_timer(now);
    closing_.drain(now);
    if (now >= accept_again_) accept_again_ = kNever;
}

TimePoint TcpTransport::next_deadline() const {
    return std::min({connection_ ? connection_->peer.next_deadline() : kNever, accept_again_,
                     closing_.next_deadline()});
}

bool TcpTransport::receive(TimePoint now) {
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

bool TcpTransport::send(TimePoint) {
    if (!connection_ || connection_->peer.ready()) return false;
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

void TcpTransport::accept(TimePoint now) {
    try {
        auto stream = listener_->accept();
        accept_failed_ = false;
        if (!stream) return;
        if (!connection_) {
            connection_.emplace(std::move(*stream), own_name_, tracer_, now);
            return;
        }
        report_busy(stream->peer_name(), now);
        try {
            static_cast<void>(stream->write_some(as_bytes(kBusyLine)));
        } catch (const SystemError&) {
            return;  // it is gone already
        }
        closing_.add(std::move(*stream), now);
    } catch (const SystemError& error) {
        if (!std::exchange(accept_failed_, true)) report_error(error.what());
        // Out of descriptors, say. The listener stays readable while the client waits: without a
        // pause this would spin.
        accept_again_ = now + kBackOff;
    }
}

void TcpTransport::disconnect(TimePoint now) {
    closing_.add(std::move(connection_->stream), now);
    connection_.reset();
}

void TcpTransport::finish() {
    if (!connection_) return;
    auto& [stream, peer] = *connection_;
    stream.close_gracefully(kMaxDropped,
                            std::min(peer.close_by(), deadline_in(LinePeer::kLingerTime)));
}

}  // namespace netlab::problem5
