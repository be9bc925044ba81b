// SPDX-License-Identifier: MIT
#include "problem5/tcp_connection.hpp"

#include "common/error.hpp"

namespace netlab::problem5 {

TcpConnection::TcpConnection(TcpStream stream, const std::string& own_name, const Tracer& tracer)
    : stream_(std::move(stream)), peer_(own_name, tracer, Clock::now()) {}

pollfd TcpConnection::watched() const noexcept {
    const int events = (peer_.wants_input() ? POLLIN : 0) | (peer_.ready() ? 0 : POLLOUT);
    // At the end of the stream poll would return at once, for ever.
    const bool worth_it = events != 0 || !peer_.ended();
    return {worth_it ? stream_.descriptor().get() : -1, static_cast<short>(events), 0};
}

void TcpConnection::receive(short found, TimePoint now) {
    // POLLHUP and POLLERR come unasked: reading tells what it is.
    if (!peer_.ended() && (found & (POLLIN | POLLHUP | POLLERR)) != 0) {
        static_cast<void>(receive_now(now));
    }
    peer_.fail_if_late(now);
}

bool TcpConnection::receive_soon() {
    return peer_.wants_input() && glance_([this] { return receive_now(Clock::now()); });
}

bool TcpConnection::receive_now(TimePoint now) {
    try {
        const auto size = stream_.read_now(peer_.prepare());
        if (size) peer_.received(*size, now);
        return size.has_value();
    } catch (const SystemError& error) {
        peer_.fail(error.what());
        return true;
    }
}

bool TcpConnection::send() {
    if (peer_.ready()) return false;
    try {
        peer_.sent(stream_.write_some(peer_.unsent()));
        return peer_.ready();
    } catch (const SystemError& error) {
        peer_.fail(error.what());
        return true;
    }
}

void TcpConnection::close() noexcept {
    constexpr std::size_t kMostDropped = 16 * 1024 * 1024;
    stream_.close_gracefully(kMostDropped, deadline_in(seconds(1)));
}

}  // namespace netlab::problem5
