// SPDX-License-Identifier: MIT
#include "tests/support/raw.hpp"

#include <array>
#include <vector>

#include "common/error.hpp"

namespace netlab::testing {

namespace {

constexpr std::size_t kMaxDatagram = 65536;

// The end of what came so far, for an exception.
std::string excerpt(const std::string& bytes) {
    constexpr std::size_t kShown = 200;
    if (bytes.size() <= kShown) return '"' + bytes + '"';
    return std::to_string(bytes.size()) + " bytes ending in \"" +
           bytes.substr(bytes.size() - kShown) + '"';
}

}  // namespace

RawTcp::RawTcp(std::uint16_t port, const std::string& host)
    : stream_(TcpStream::connect(host, port, kPatience * slowdown())) {}

void RawTcp::send(std::string_view bytes, Duration timeout) {
    stream().write_all(as_bytes(bytes), give_up_after(timeout));
}

bool RawTcp::fill(TimePoint deadline) {
    std::array<std::byte, 65536> bytes;
    const auto got = stream().read_some(bytes, deadline);
    if (!got) {
        throw TimeoutError("recv " + stream().peer_name() + ": in time only " + excerpt(buffer_));
    }
    buffer_ += as_text(Bytes(bytes).first(*got));
    return *got > 0;
}

std::string RawTcp::take(std::size_t count) {
    std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
}

std::string RawTcp::read_line(Duration timeout) {
    const TimePoint deadline = give_up_after(timeout);
    while (true) {
        const std::size_t newline = buffer_.find('\n');
        if (newline != std::string::npos) {
            std::string line = take(newline + 1);
            line.pop_back();
            return line;
        }
        if (!fill(deadline)) throw ProtocolError("no line, but the end after " + excerpt(buffer_));
    }
}

std::string RawTcp::read_exact(std::size_t count, Duration timeout) {
    const TimePoint deadline = give_up_after(timeout);
    while (buffer_.size() < count) {
        if (!fill(deadline)) {
            throw ProtocolError("the end after " + std::to_string(buffer_.size()) + " of " +
                                std::to_string(count) + " bytes");
        }
    }
    return take(count);
}

std::string RawTcp::read_to_end(Duration timeout) {
    const TimePoint deadline = give_up_after(timeout);
    while (fill(deadline)) continue;
    return take(buffer_.size());
}

void RawTcp::half_close() {
    stream().shutdown_write();
}

void RawTcp::close() {
    stream_.reset();
}

void RawTcp::reset() {
    reset_on_close(stream());
    close();
}

RawUdp::RawUdp(std::uint16_t port, const std::string& host)
    : socket_(UdpSocket::connect(host, port)) {}

void RawUdp::send(std::string_view datagram) {
    socket_.send(as_bytes(datagram));
}

std::optional<std::string> RawUdp::receive(Duration timeout) {
    std::vector<std::byte> buffer(kMaxDatagram);
    const auto got = testing::receive(socket_, buffer, give_up_after(timeout));
    if (!got) return std::nullopt;
    return std::string(as_text(Bytes(buffer).first(*got)));
}

DeadPort::DeadPort(int type) : fd_(check(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket")) {
    const Address any = Address::resolve("127.0.0.1", 0, type).front();
    check(::bind(fd_.get(), any.get(), any.size()), "bind", any.to_string());

    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    check(::getsockname(fd_.get(), address, &size), "getsockname");
    port_ = Address(address, size).port();

    // A TCP socket refuses as long as it does not listen; a UDP socket once it is connected, to
    // anyone but its peer.
    if (type == SOCK_DGRAM) {
        const Address nobody = Address::resolve("127.0.0.1", 1, type).front();
        check(::connect(fd_.get(), nobody.get(), nobody.size()), "connect", nobody.to_string());
    }
}

TcpStream accept_one(TcpListener& listener, Duration timeout) {
    const TimePoint deadline = give_up_after(timeout);
    while (wait_readable(listener.descriptor().get(), deadline)) {
        if (auto stream = listener.accept()) return std::move(*stream);
    }
    throw TimeoutError("no connection to " + listener.local_address().to_string());
}

bool read_exact(TcpStream& stream, MutableBytes buffer, TimePoint deadline) {
    while (!buffer.empty()) {
        const auto got = stream.read_some(buffer, deadline);
        if (!got) throw TimeoutError("recv " + stream.peer_name() + ": no more data in time");
        if (*got == 0) return false;
        buffer = buffer.subspan(*got);
    }
    return true;
}

std::optional<std::size_t> receive(UdpSocket& socket, MutableBytes buffer, TimePoint deadline,
                                   Address* sender) {
    while (wait_readable(socket.descriptor().get(), deadline)) {
        if (const auto size = socket.try_receive(buffer, sender)) return size;
    }
    return std::nullopt;
}

void reset_on_close(const TcpStream& stream) {
    const linger now{1, 0};
    check(::setsockopt(stream.descriptor().get(), SOL_SOCKET, SO_LINGER, &now, sizeof now),
          "setsockopt", stream.peer_name());
}

}  // namespace netlab::testing
