// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/socket.hpp"

// Many small datagrams to a system call: on Linux with UDP_SEGMENT and UDP_GRO (udp(7)), with
// POSIX_ONLY one send(2) or recvfrom(2) each. Both forms put the same datagrams on the wire.
// Sender and receiver keep a reference to their socket, and are not thread-safe.

namespace netlab {

// Sends runs of datagrams of one size through a connected socket.
class DatagramSender {
  public:
    explicit DatagramSender(UdpSocket& socket) : socket_(socket) {}

    // Cuts `bytes` into datagrams of `size` bytes; the last may be shorter. Throws SystemError.
    void send(Bytes bytes, std::size_t size);

  private:
    // Sends what it can in runs, and returns the rest: for the POSIX twin, all.
    [[nodiscard]] Bytes send_segmented(Bytes bytes, std::size_t size);

    UdpSocket& socket_;
    [[maybe_unused]] std::size_t segments_ = 128;  // in a run, as far as this kernel is known
};

struct Datagram {
    Bytes bytes;
    Address sender;
};

// Storage for the datagrams of one receive, to be used again and again.
struct DatagramBatch {
    std::vector<std::byte> storage;
    std::vector<Datagram> datagrams;  // views into storage

    // How often the kernel has dropped something because the socket's receive buffer was full
    // (SO_RXQ_OVFL, socket(7)): a datagram, or a whole run that was sent at once. Known with the
    // next one that arrives. Always 0 with POSIX_ONLY.
    std::uint64_t kernel_drops = 0;
};

// Receives what has arrived, many datagrams at once.
class DatagramReceiver {
  public:
    explicit DatagramReceiver(UdpSocket& socket);

    // Never waits: false if nothing has come. Throws SystemError.
    [[nodiscard]] bool try_receive(DatagramBatch& batch);

  private:
    [[nodiscard]] std::optional<std::size_t> receive_run(DatagramBatch& batch, MutableBytes room);

    UdpSocket& socket_;
    std::uint64_t kernel_drops_ = 0;
};

}  // namespace netlab
