// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "common/address.hpp"
#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "common/io.hpp"
#include "common/pcap.hpp"

// The roles of a socket as types, so that wrong calls do not compile: a listener yields streams, a
// stream reads and writes bytes, a UDP socket exchanges datagrams. None is thread-safe beyond what
// the kernel gives: one thread may read a stream while another one writes to it.

namespace netlab {

// getsockname(2). Throws SystemError.
Address local_address_of(const FileDescriptor& fd);

// setsockopt(2). Throws SystemError.
template <typename Value>
void set_option(const FileDescriptor& fd, int level, int name, const Value& value) {
    check(::setsockopt(fd.get(), level, name, &value, sizeof value), "setsockopt");
}

// A connected TCP socket, with Nagle's algorithm off: each message is written whole, and waiting to
// gather more would only add the peer's delayed acknowledgement to every round trip (RFC 896).
class TcpStream {
  public:
    TcpStream(FileDescriptor fd, Address peer, Wait wait = wait_for_events);

    // Tries every address of `host` in turn, each for `timeout` at most. Throws SystemError for the
    // last one ("connect 127.0.0.1:7101: Connection refused"), TimeoutError. A client passes
    // wait_or_interrupt() (signals.hpp): here and in the calls below, what the wait throws comes
    // through.
    static TcpStream connect(const std::string& host, std::uint16_t port,
                             Duration timeout = kConnectTimeout, Wait wait = wait_for_events);
    static constexpr Duration kConnectTimeout = seconds(10);

    // Until one of `events` (poll(2)) has come: which ones, with POLLERR and POLLHUP; 0 at the
    // deadline, which alone ends it if there are no events.
    [[nodiscard]] short wait_for(short events, TimePoint deadline) const;

    // At least one byte: the count, 0 at the end of the stream, nullopt at the deadline. recv(2).
    // Throws SystemError.
    [[nodiscard]] std::optional<std::size_t> read_some(MutableBytes buffer,
                                                       TimePoint deadline = kNever);

    // The same without a wait: nullopt if nothing has come.
    [[nodiscard]] std::optional<std::size_t> try_read(MutableBytes buffer) {
        return receive(buffer, MSG_DONTWAIT);
    }

    // Sends everything. Throws SystemError, and TimeoutError at the deadline. send(2).
    void write_all(Bytes bytes, TimePoint deadline);

    // Sends what the socket takes now, maybe nothing; never blocks. Returns the count. Throws
    // SystemError.
    [[nodiscard]] std::size_t write_some(Bytes bytes);

    // Half-close: the peer reads the end of the stream, and may still send. False, with errno, if
    // the connection is gone. shutdown(2).
    bool shutdown_write() noexcept;

    // After the peer's end of stream: has it closed, or only half-closed, and still reads? Sends a
    // byte out of band (send(2), MSG_OOB), which no reader sees. A closed socket answers with a
    // reset, and poll(2) then reports POLLERR or POLLHUP.
    void probe() noexcept;

    // From now on a peer that has vanished is noticed within minutes, also by a program that only
    // reads (SO_KEEPALIVE, tcp(7)).
    void keep_alive() noexcept;

    // The close that loses nothing: half-close, then read and drop what the peer still sends, so
    // that the kernel does not answer unread bytes with a reset that destroys our last message on
    // its way (RFC 1122, 4.2.2.13). Gives up at the deadline; Ctrl+C does not end it. The
    // descriptor itself is closed with the stream: until then nobody else gets its number.
    void close_gracefully(TimePoint deadline) noexcept;

    // Its second half, without a wait: drops some of what has come. False once the stream has
    // ended.
    [[nodiscard]] bool drop_input() noexcept;

    [[nodiscard]] const Address& peer() const noexcept { return peer_; }
    [[nodiscard]] const std::string& peer_name() const noexcept { return peer_name_; }
    [[nodiscard]] Address local_address() const { return local_address_of(fd_); }
    [[nodiscard]] const FileDescriptor& descriptor() const noexcept { return fd_; }

  private:
    [[nodiscard]] std::optional<std::size_t> receive(MutableBytes buffer, int flags);

    FileDescriptor fd_;
    Address peer_;
    std::string peer_name_;
    Wait wait_;
    bool at_end_ = false;  // the peer's end of stream has been read
};

// Connections that are about to be closed, after a final reply: close_gracefully() for a loop that
// must not wait.
//
//     lingering.add(std::move(stream), now, as_bytes("ERROR full\n"));
//     ... wait until lingering.next_deadline() at the latest ...
//     lingering.drain(now);                                   // once a turn
class LingeringStreams {
  public:
    // Sends the last words, as far as there is room, and half-closes. At most 64 of them, each for
    // at most 1 s; the oldest makes room for a new one.
    void add(TcpStream stream, TimePoint now, Bytes last_words = {});

    // Drops what their peers have sent, and closes those that are over. Never blocks.
    void drain(TimePoint now) noexcept;

    // When drain() is to be called again; kNever if there are none.
    [[nodiscard]] TimePoint next_deadline() const noexcept {
        return streams_.empty() ? kNever : drain_at_;
    }

    void clear() noexcept { streams_.clear(); }

  private:
    struct Entry {
        TcpStream stream;
        TimePoint until;
    };
    std::deque<Entry> streams_;
    TimePoint drain_at_{};
};

// A bound and listening TCP socket, with SO_REUSEADDR, so that a server can be started again at
// once while old connections are still in TIME_WAIT.
class TcpListener {
  public:
    // Port 0: any free port. Throws SystemError ("bind 127.0.0.1:7101: Address already in use").
    TcpListener(const std::string& host, std::uint16_t port);

    // The next connection; nullopt if there is none yet, or it has died in the queue. Does not
    // block (but see below): wait on descriptor(). Throws SystemError, also for EMFILE and ENFILE.
    [[nodiscard]] std::optional<TcpStream> accept();

    // From now on accept() waits for a connection, for `timeout` at most. Any number of threads may
    // wait at once: each connection goes to one of them.
    void wait_in_accept(Duration timeout);

    // Refuses all connections from now on, and ends all waits in accept(). shutdown(2).
    void shut_down() noexcept;

    [[nodiscard]] Address local_address() const { return local_address_of(fd_); }
    [[nodiscard]] const FileDescriptor& descriptor() const noexcept { return fd_; }

  private:
    FileDescriptor fd_;
#ifdef NETLAB_POSIX_ONLY
    Duration accept_timeout_{};
#endif
};

// A UDP socket: bound (a server) or connected (a client, to whom the kernel then reports
// ECONNREFUSED if nobody listens, and delivers datagrams of that peer alone).
class UdpSocket {
  public:
    static UdpSocket bind(const std::string& host, std::uint16_t port) {
        return open(host, port, false);
    }
    static UdpSocket connect(const std::string& host, std::uint16_t port) {
        return open(host, port, true);
    }

    // One datagram to `peer` (of a bound socket) or to the connected peer. sendto(2), send(2).
    // Throws SystemError; ECONNREFUSED of a connected socket tells of an earlier datagram.
    void send_to(Bytes datagram, const Address& peer);
    void send(Bytes datagram) { send_to(datagram, peer_); }

    // One datagram that has come, without a wait: its size (the rest of a longer one is cut off)
    // and its sender; nullopt if there is none. recvfrom(2). Throws SystemError.
    [[nodiscard]] std::optional<std::size_t> try_receive(MutableBytes buffer,
                                                         Address* sender = nullptr);

    // Asks for `size` bytes of receive buffer (SO_RCVBUF); the kernel gives at most rmem_max.
    void request_receive_buffer(int size) noexcept;

    // Everything that is sent and received goes into this capture from now on (nullptr: into none).
    // It must outlive the socket.
    void capture(Pcap* pcap);
    // For what goes around send() and receive(), or never gets to them.
    void capture_sent(Bytes datagram, const Address& to, bool dropped = false) const noexcept {
        if (pcap_ != nullptr) pcap_->add(local_, to, datagram, dropped);
    }
    void capture_received(Bytes datagram, const Address& from) const noexcept {
        if (pcap_ != nullptr) pcap_->add(from, local_, datagram);
    }

    [[nodiscard]] Address local_address() const { return local_address_of(fd_); }
    [[nodiscard]] bool connected() const noexcept { return peer_.port() != 0; }
    [[nodiscard]] const Address& peer() const noexcept { return peer_; }
    [[nodiscard]] const FileDescriptor& descriptor() const noexcept { return fd_; }

  private:
    explicit UdpSocket(FileDescriptor fd) : fd_(std::move(fd)) {}
    static UdpSocket open(const std::string& host, std::uint16_t port, bool connected);

    FileDescriptor fd_;
    Address peer_;
    Pcap* pcap_ = nullptr;
    Address local_;  // if there is a capture
};

}  // namespace netlab
