// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "common/error.hpp"
#include "common/impairment.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"

namespace netlab {

// Sends datagrams through the impairment, each peer's through one of its own, and into the trace.
// Whoever waits for the socket also wakes up at next_due() and calls release().
class ImpairedSender {
  public:
    // `failed` is told where a datagram could not be sent: one more way to lose it.
    using Failed = std::function<void(const SystemError&)>;

    ImpairedSender(UdpSocket& socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                   Failed failed)
        : socket_(socket), spec_(impairment), tracer_(tracer), failed_(std::move(failed)) {}

    // To `peer`, also where the socket is connected to it. `description` is for the trace.
    void send(const Address& peer, Bytes datagram, const std::string& description, TimePoint now);

    // Sends what was held back until now.
    void release(TimePoint now);
    [[nodiscard]] TimePoint next_due() const;

  private:
    static constexpr std::size_t kMostPeers = 1024;

    void put(const Address& peer, Bytes datagram);

    UdpSocket& socket_;
    const ImpairmentSpec& spec_;
    const Tracer& tracer_;
    Failed failed_;
    std::unordered_map<Address, Impairment> peers_;
};

}  // namespace netlab
