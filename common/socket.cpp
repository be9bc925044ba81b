// SPDX-License-Identifier: MIT
#include "common/socket.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <stdexcept>

namespace netlab {

namespace {

constexpr std::size_t kMaxLingering = 64;
constexpr int kMaxReads = 32;  // in a row: others wait for this thread
constexpr Duration kMaxLinger = seconds(1);
constexpr Duration kDrainInterval = milliseconds(10);

FileDescriptor make_socket(int family, int type) {
#ifdef NETLAB_POSIX_ONLY
    FileDescriptor fd(check(::socket(family, type, 0), "socket"));
    ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
    return fd;
#else
    return FileDescriptor(check(::socket(family, type | SOCK_CLOEXEC, 0), "socket"));
#endif
}

// accept4(2) sets close-on-exec in the same step, so that no fork in between inherits the socket.
int accept_connection(int listener, sockaddr* peer, socklen_t* size) {
#ifdef NETLAB_POSIX_ONLY
    const int fd = ::accept(listener, peer, size);
    if (fd >= 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);  // inherited on the BSDs
    }
    return fd;
#else
    return ::accept4(listener, peer, size, SOCK_CLOEXEC);
#endif
}

// Calls open_one with each address of the host until one does not throw; rethrows the last error.
template <typename Open>
auto try_each_address(const std::string& host, std::uint16_t port, int type, Open open_one) {
    std::exception_ptr last;
    for (const Address& address : Address::resolve(host, port, type)) {
        try {
            return open_one(address);
        } catch (const std::runtime_error&) {
            last = std::current_exception();
        }
    }
    std::rethrow_exception(last);
}

// A non-blocking connect(2): its outcome is SO_ERROR once the socket turns writable.
TcpStream connect_one(const Address& address, TimePoint deadline, Wait wait) {
    FileDescriptor fd = make_socket(address.family(), SOCK_STREAM);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_nonblocking(fd, true);
    if (::connect(fd.get(), address.get(), address.size()) < 0) {
        if (errno != EINPROGRESS && errno != EINTR) {
            throw SystemError("connect", address.to_string());
        }
        pollfd outcome{fd.get(), POLLOUT, 0};
        if (!wait({&outcome, 1}, deadline)) {
            throw TimeoutError("connect " + address.to_string() + ": no answer");
        }
        int error = 0;
        socklen_t size = sizeof error;
        check(::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
        if (error != 0) throw SystemError("connect", address.to_string(), error);
    }
    set_nonblocking(fd, false);
    return {std::move(fd), address, wait};
}

}  // namespace

Address local_address_of(const FileDescriptor& fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    check(::getsockname(fd.get(), address, &size), "getsockname");
    return {address, size};
}

TcpStream::TcpStream(FileDescriptor fd, Address peer, Wait wait)
    : fd_(std::move(fd)), peer_(peer), peer_name_(peer.to_string()), wait_(wait) {}

TcpStream TcpStream::connect(const std::string& host, std::uint16_t port, Duration timeout,
                             Wait wait) {
    return try_each_address(host, port, SOCK_STREAM, [&](const Address& address) {
        return connect_one(address, deadline_in(timeout), wait);
    });
}

short TcpStream::wait_for(short events, TimePoint deadline) const {
    pollfd watched{events != 0 ? fd_.get() : -1, events, 0};
    static_cast<void>(wait_({&watched, 1}, deadline));
    return watched.revents;
}

std::optional<std::size_t> TcpStream::read_some(MutableBytes buffer, TimePoint deadline) {
    // If only the peer can end the wait, recv(2) waits by itself: one system call instead of two.
    // It returns early at a signal, and after the timeout of its listener's accept(), which it has
    // inherited.
    bool recv_waits = deadline == kNever && wait_ == wait_for_events;
    while (recv_waits || wait_for(POLLIN, deadline) != 0) {
        if (const auto got = receive(buffer, recv_waits ? 0 : MSG_DONTWAIT)) return got;
        recv_waits = false;
    }
    return std::nullopt;
}

std::optional<std::size_t> TcpStream::receive(MutableBytes buffer, int flags) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), flags);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    at_end_ = check(got, "recv", peer_name_) == 0;
    return static_cast<std::size_t>(got);
}

std::size_t TcpStream::write_some(Bytes bytes) {
    while (true) {
        const ssize_t put =
            ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put >= 0) return static_cast<std::size_t>(put);
        if (errno == EAGAIN) return 0;
        if (errno != EINTR) throw SystemError("send", peer_name_);
    }
}

void TcpStream::write_all(Bytes bytes, TimePoint deadline) {
    while (true) {
        bytes = bytes.subspan(write_some(bytes));
        if (bytes.empty()) return;
        if (wait_for(POLLOUT, deadline) == 0) {
            throw TimeoutError("send " + peer_name_ + ": the peer does not read");
        }
    }
}

bool TcpStream::shutdown_write() noexcept {
    return ::shutdown(fd_.get(), SHUT_WR) == 0;
}

void TcpStream::probe() noexcept {
    const char byte = 0;
    ::send(fd_.get(), &byte, 1, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT);
}

void TcpStream::keep_alive() noexcept {
    const int on = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef TCP_KEEPIDLE
    const int idle = 60;  // seconds; the default is two hours
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
#endif
}

void TcpStream::close_gracefully(TimePoint deadline) noexcept {
    if (at_end_) return;  // nothing more can come
    shutdown_write();
    try {
        // A peer that floods keeps the stream readable: the clock is asked each time.
        while (drop_input() && Clock::now() < deadline) {
            static_cast<void>(wait_readable(fd_.get(), deadline));
        }
    } catch (const SystemError&) {
        return;  // poll(2) is out of memory
    }
}

bool TcpStream::drop_input() noexcept {
    std::array<std::byte, 16384> dropped;
    ssize_t got = 1;
    for (int i = 0; got > 0 && i < kMaxReads; ++i) {
        got = ::recv(fd_.get(), dropped.data(), dropped.size(), MSG_DONTWAIT);
    }
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

void LingeringStreams::add(TcpStream stream, TimePoint now, Bytes last_words) {
    try {
        static_cast<void>(stream.write_some(last_words));
    } catch (const SystemError&) {
        return;  // it is gone already
    }
    stream.shutdown_write();
    if (streams_.empty()) drain_at_ = now + kDrainInterval;
    if (streams_.size() >= kMaxLingering) streams_.pop_front();
    streams_.push_back({std::move(stream), now + kMaxLinger});
}

void LingeringStreams::drain(TimePoint now) noexcept {
    if (now < drain_at_) return;
    drain_at_ = now + kDrainInterval;
    std::erase_if(streams_,
                  [now](Entry& one) { return now >= one.until || !one.stream.drop_input(); });
}

TcpListener::TcpListener(const std::string& host, std::uint16_t port)
    : fd_(try_each_address(host, port, SOCK_STREAM, [](const Address& address) {
          FileDescriptor fd = make_socket(address.family(), SOCK_STREAM);
          set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
          set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);  // its streams inherit it
          check(::bind(fd.get(), address.get(), address.size()), "bind", address.to_string());
          check(::listen(fd.get(), SOMAXCONN), "listen", address.to_string());
          return fd;
      })) {
    // Else accept(2) blocks if the client that ended the wait has gone again (accept(2), notes).
    set_nonblocking(fd_, true);
}

// Of the threads that wait in accept(2) Linux wakes one, of those in poll(2) all.
void TcpListener::wait_in_accept(Duration timeout) {
#ifdef NETLAB_POSIX_ONLY
    accept_timeout_ = timeout;
#else
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
    set_option(fd_, SOL_SOCKET, SO_RCVTIMEO, timeval{whole / 1'000'000, whole % 1'000'000});
    set_nonblocking(fd_, false);
#endif
}

void TcpListener::shut_down() noexcept {
    ::shutdown(fd_.get(), SHUT_RD);
}

std::optional<TcpStream> TcpListener::accept() {
#ifdef NETLAB_POSIX_ONLY
    if (accept_timeout_ > Duration::zero() &&
        !wait_readable(fd_.get(), deadline_in(accept_timeout_))) {
        return std::nullopt;
    }
#endif
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* peer = reinterpret_cast<sockaddr*>(&storage);
    FileDescriptor fd(accept_connection(fd_.get(), peer, &size));
    if (fd.valid()) return TcpStream(std::move(fd), Address(peer, size));

    constexpr std::array kPassing = {
        EAGAIN, EINTR, ECONNABORTED, EPROTO, EPERM,  // EPERM: a firewall rule
        // Linux passes on what happened to the connection meanwhile (accept(2), error handling).
        ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP};
    if (std::ranges::find(kPassing, errno) != kPassing.end()) return std::nullopt;
    throw SystemError("accept", local_address().to_string());
}

UdpSocket UdpSocket::open(const std::string& host, std::uint16_t port, bool connected) {
    return try_each_address(host, port, SOCK_DGRAM, [connected](const Address& address) {
        UdpSocket socket(make_socket(address.family(), SOCK_DGRAM));
        const auto call = connected ? ::connect : ::bind;
        check(call(socket.fd_.get(), address.get(), address.size()), connected ? "connect" : "bind",
              address.to_string());
        if (connected) socket.peer_ = address;
        return socket;
    });
}

void UdpSocket::send_to(Bytes datagram, const Address& peer) {
    // A connected socket takes no address with a datagram on every system (sendto(2), EISCONN).
    const sockaddr* const to = connected() ? nullptr : peer.get();
    const socklen_t size = connected() ? 0 : peer.size();
    while (::sendto(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL, to, size) < 0) {
        if (errno != EINTR) throw SystemError(connected() ? "send" : "sendto", peer.to_string());
    }
    capture_sent(datagram, peer);
}

void UdpSocket::capture(Pcap* pcap) {
    pcap_ = pcap;
    if (pcap != nullptr) local_ = local_address();
}

std::optional<std::size_t> UdpSocket::try_receive(MutableBytes buffer, Address* sender) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* from = reinterpret_cast<sockaddr*>(&storage);
    // MSG_DONTWAIT: a datagram with a bad checksum wakes poll and is then gone (select(2), bugs).
    const ssize_t got =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, from, &size);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    if (got < 0) throw SystemError("recv", peer_.to_string());
    const Address peer(from, size);
    if (sender != nullptr) *sender = peer;
    capture_received(Bytes(buffer).first(static_cast<std::size_t>(got)), peer);
    return static_cast<std::size_t>(got);
}

void UdpSocket::request_receive_buffer(int size) noexcept {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

}  // namespace netlab
