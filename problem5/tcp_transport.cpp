// SPDX-License-Identifier: MIT
#include "problem5/tcp_transport.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "problem5/chat_line.hpp"

namespace netlab::problem5 {

namespace {

constexpr Duration kBackOff = milliseconds(50);
constexpr std::size_t kMaxLeaving = 64;
constexpr std::size_t kMaxDropped = 16 * 1024 * 1024;  // of what comes after a goodbye

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
        // A reset shows unasked for (POLLHUP), and would end each wait until somebody reads it.
        const int fd = events != 0 ? connection_->stream.descriptor().get() : -1;
        watched.data = {fd, static_cast<short>(events), 0};
        leaving = !peer.open() && !peer.over();
    }
    // While one is leaving the next one waits, and is not told busy.
    if (listener_ && !leaving && accept_again_ == kNever) {
        watched.door = {listener_->descriptor().get(), POLLIN, 0};
    }
    return watched;
}

void TcpTransport::on_timer(TimePoint now) {
    if (connection_) connection_->peer.on_timer(now);
    while (!leaving_.empty() && leaving_.front().second <= now) leaving_.pop_front();
    if (now >= accept_again_) accept_again_ = kNever;
}

TimePoint TcpTransport::next_deadline() const {
    return std::min({connection_ ? connection_->peer.next_deadline() : kNever, accept_again_,
                     leaving_.empty() ? kNever : leaving_.front().second});
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
        // Who has left sends no more.
        if (peer.ready() && !peer.open()) stream.shutdown_write();
        return peer.ready();
    } catch (const SystemError& error) {
        peer.fail(error.what());
        return true;
    }
}

void TcpTransport::admit(TimePoint now) {
    try {
        auto stream = listener_->accept();
        accept_failed_ = false;
        if (!stream) return;
        if (!connection_) {
            connection_.emplace(std::move(*stream), own_name_, tracer_, now);
            return;
        }
        tell_busy(stream->peer_name(), now);
        dismiss(std::move(*stream), kBusyLine, now);
    } catch (const SystemError& error) {
        if (!std::exchange(accept_failed_, true)) tell_error(error.what());
        // Out of descriptors, say. The listener stays readable while the client waits: without a
        // pause this would spin.
        accept_again_ = now + kBackOff;
    }
}

void TcpTransport::let_go(TimePoint now) {
    dismiss(std::move(connection_->stream), {}, now);
    connection_.reset();
}

// Never blocks. The connection is kept for a moment: closing it at once, with something unread,
// would send a reset that destroys the last words on their way.
void TcpTransport::dismiss(TcpStream stream, std::string_view last_words, TimePoint now) {
    try {
        static_cast<void>(stream.write_some(as_bytes(last_words)));
    } catch (const SystemError&) {
        return;  // gone already
    }
    stream.shutdown_write();
    if (leaving_.size() >= kMaxLeaving) leaving_.pop_front();
    leaving_.emplace_back(std::move(stream), now + LinePeer::kFarewell);
}

void TcpTransport::finish() {
    if (!connection_) return;
    auto& [stream, peer] = *connection_;
    stream.close_gracefully(kMaxDropped,
                            std::min(peer.close_by(), deadline_in(LinePeer::kFarewell)));
}

}  // namespace netlab::problem5
