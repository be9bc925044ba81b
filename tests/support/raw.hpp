// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/socket.hpp"
#include "tests/support/timeout.hpp"

// Peers that speak a protocol by hand, as one does with nc(1). Bytes are std::string, whatever they
// are. Timeouts throw TimeoutError, failures SystemError.

namespace netlab::testing {

class RawTcp {
  public:
    explicit RawTcp(std::uint16_t port, const std::string& host = "127.0.0.1");

    void send(std::string_view bytes, Duration timeout = kPatience);

    // Up to the next newline, which is taken off (a "\r" before it is not). Throws ProtocolError
    // if the stream ends before.
    std::string read_line(Duration timeout = kPatience);

    // Throws ProtocolError if the stream ends before.
    std::string read_exact(std::size_t count, Duration timeout = kPatience);

    // All that comes until the peer closes: "" if it already has. Throws SystemError on a reset.
    std::string read_to_end(Duration timeout = kPatience);

    void half_close();  // the peer reads the end of the stream, and may still send
    void close();       // both ways; unread bytes make the kernel send a reset instead (RFC 1122)
    void reset();       // RST: the peer reads ECONNRESET

    // Valid until close() or reset().
    [[nodiscard]] TcpStream& stream() { return stream_.value(); }

  private:
    // Reads more into buffer_: false at the end of the stream.
    bool fill(TimePoint deadline);
    std::string take(std::size_t count);

    std::optional<TcpStream> stream_;
    std::string buffer_;
};

// Connected: hears that nobody listens (SystemError, ECONNREFUSED, in send or receive).
class RawUdp {
  public:
    explicit RawUdp(std::uint16_t port, const std::string& host = "127.0.0.1");

    void send(std::string_view datagram);

    // The next datagram; nullopt if none comes in time (so, with a short timeout, silence).
    [[nodiscard]] std::optional<std::string> receive(Duration timeout = kPatience);

    [[nodiscard]] UdpSocket& socket() { return socket_; }

  private:
    UdpSocket socket_;
};

// A port of 127.0.0.1 on which nobody listens, and which nobody else can get while this lives:
// connections and datagrams to it are refused. The type is SOCK_STREAM or SOCK_DGRAM.
class DeadPort {
  public:
    explicit DeadPort(int type);
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  private:
    FileDescriptor fd_;
    std::uint16_t port_ = 0;
};

// For a peer that is a hand-made server: the next connection. Throws TimeoutError.
TcpStream accept_one(TcpListener& listener, Duration timeout = kPatience);

// Fills the buffer; false if the stream ends before. Throws TimeoutError.
[[nodiscard]] bool read_exact(TcpStream& stream, MutableBytes buffer, TimePoint deadline);

// The size of the next datagram; nullopt at the deadline.
[[nodiscard]] std::optional<std::size_t> receive(UdpSocket& socket, MutableBytes buffer,
                                                 TimePoint deadline, Address* sender = nullptr);

// close() from now on sends RST (SO_LINGER with a timeout of 0, socket(7)).
void reset_on_close(const TcpStream& stream);

}  // namespace netlab::testing
