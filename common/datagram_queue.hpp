// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "common/error.hpp"
#include "common/socket.hpp"

namespace netlab {

// Gathers datagrams of any size to any peers, and sends them many to a system call: on Linux with
// sendmmsg(2), with POSIX_ONLY by one sendto(2) each. For a bound socket.
class DatagramQueue {
  public:
    // `on_failure` is told of a datagram that could not be sent: one more way to lose it.
    using OnFailure = std::function<void(const SystemError&)>;

    DatagramQueue(UdpSocket& socket, OnFailure on_failure);

    // Copies the datagram. Sends what is gathered if there is no room for more.
    void add(const Address& peer, Bytes datagram);

    // Sends all that is gathered, in order.
    void flush();

  private:
    struct Entry {
        Address peer;
        std::size_t end = 0;  // in content_
    };
    [[nodiscard]] Bytes content_of(std::size_t index) const;
    // Sends datagrams from `first` on: how many of them have gone, at least one. Throws SystemError
    // if the first one cannot.
    [[nodiscard]] std::size_t send_some(std::size_t first);

    UdpSocket& socket_;
    OnFailure on_failure_;
    std::vector<Entry> datagrams_;
    std::vector<std::byte> content_;  // of all datagrams in a row
};

}  // namespace netlab
