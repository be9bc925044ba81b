// SPDX-License-Identifier: MIT
#include "problem5/tcp_transport.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "problem5/chat_line.hpp"

namespace netlab::problem5 {

namespace {

constexpr Duration kBackOff = milliseconds(50);
constexpr std::size_t kMaxLeaving = 64;

void close_gracefully(TcpConnection& connection) {
    constexpr std::size_t kMaxDropped = 16 * 1024 * 1024;
    connection.stream().close_gracefully(
        kMaxDropped, std::min(connection.peer().close_by(), deadline_in(LinePeer::kFarewell)));
}

}  // namespace

pollfd TcpConnection::watched() const noexcept {
    const int events = (peer_.wants_input() ? POLLIN : 0) | (peer_.ready() ? 0 : POLLOUT);
    // A reset shows unasked for (POLLHUP), and would end each wait until somebody reads it.
    return {events != 0 ? stream_.descriptor().get() : -1, static_cast<short>(events), 0};
}

bool TcpConnection::receive(TimePoint now) {
    if (!peer_.wants_input()) return false;
    try {
        const auto size = stream_.read_now(peer_.prepare());
        if (size) peer_.on_bytes(*size, now);
        return size.has_value();
    } catch (const SystemError& error) {
        peer_.fail(error.what());
        return true;
    }
}

bool TcpConnection::send() {
    if (peer_.ready()) return false;
    try {
        peer_.on_sent(stream_.write_some(peer_.unsent()));
        // Who has left sends no more.
        if (peer_.ready() && !peer_.open()) stream_.shutdown_write();
        return peer_.ready();
    } catch (const SystemError& error) {
        peer_.fail(error.what());
        return true;
    }
}

void TcpClient::finish() {
    close_gracefully(connection_);
}

TcpServer::TcpServer(TcpListener listener, const std::string& own_name, const Tracer& tracer,
                     Tell notice, Tell error)
    : listener_(std::move(listener)),
      own_name_(own_name),
      tracer_(tracer),
      busy_notice_(std::move(notice)),
      error_(std::move(error)) {}

Transport::Watched TcpServer::watched() const {
    // While one is leaving the next one waits, and is not told busy.
    const bool leaving = connection_ && !connection_->peer().open() && !connection_->peer().over();
    const bool accepting = accept_again_ == kNever && !leaving;
    return {.data = connection_ ? connection_->watched() : pollfd{-1, 0, 0},
            .door = {accepting ? listener_.descriptor().get() : -1, POLLIN, 0}};
}

TimePoint TcpServer::next_deadline() const {
    return std::min({connection_ ? connection_->peer().next_deadline() : kNever,
                     leaving_.empty() ? kNever : leaving_.front().second, accept_again_});
}

void TcpServer::on_timer(TimePoint now) {
    if (connection_) connection_->peer().on_timer(now);
    while (!leaving_.empty() && leaving_.front().second <= now) leaving_.pop_front();
    if (now >= accept_again_) accept_again_ = kNever;
}

void TcpServer::admit(TimePoint now) {
    try {
        if (auto stream = listener_.accept()) welcome(std::move(*stream), now);
        accept_failed_ = false;
    } catch (const SystemError& error) {
        if (!std::exchange(accept_failed_, true)) error_(error.what());
        // Out of descriptors, say. The listener stays readable while the client waits: without a
        // pause this would spin.
        accept_again_ = now + kBackOff;
    }
}

void TcpServer::welcome(TcpStream stream, TimePoint now) {
    if (connection_) {
        busy_notice_.tell(stream.peer_name(), now);
        return dismiss(std::move(stream), kBusyLine, now);
    }
    connection_.emplace(std::move(stream), own_name_, tracer_, now);
}

void TcpServer::let_go(TimePoint now) {
    dismiss(std::move(connection_->stream()), {}, now);
    connection_.reset();
}

// Never blocks. The connection is kept for a moment: closing it at once, with something unread,
// would send a reset that destroys the last words on their way.
void TcpServer::dismiss(TcpStream stream, std::string_view last_words, TimePoint now) {
    try {
        static_cast<void>(stream.write_some(as_bytes(last_words)));
    } catch (const SystemError&) {
        return;  // gone already
    }
    stream.shutdown_write();
    if (leaving_.size() >= kMaxLeaving) leaving_.pop_front();
    leaving_.emplace_back(std::move(stream), now + LinePeer::kFarewell);
}

void TcpServer::finish() {
    if (connection_) close_gracefully(*connection_);
}

}  // namespace netlab::problem5
