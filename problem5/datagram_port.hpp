// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/impaired_sender.hpp"
#include "problem5/datagram_peer.hpp"

namespace netlab::problem5 {

// A UDP socket for readable datagrams, through the impairment and into the trace.
class DatagramPort {
  public:
    DatagramPort(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                 ImpairedSender::Failed failed);
    DatagramPort(const DatagramPort&) = delete;
    DatagramPort& operator=(const DatagramPort&) = delete;

    [[nodiscard]] UdpSocket& socket() noexcept { return socket_; }
    [[nodiscard]] pollfd watched() const noexcept {
        return {socket_.descriptor().get(), POLLIN, 0};
    }
    // When send_outgoing() has something to send that was held back.
    [[nodiscard]] TimePoint next_due() const { return sender_.next_due(); }

    // Hands over what has come, but for what is none of our packets, as long as `take` wants more.
    // False where nothing has come. Throws SystemError.
    using Take = std::function<bool(const Packet&, const Address& sender)>;
    bool receive_all(const Take& take);

    void send(const Address& to, std::string_view datagram, TimePoint now);
    // All that the peer has to send, and what was held back until now.
    void send_outgoing(DatagramPeer& peer, const Address& to, TimePoint now);
    void release(TimePoint now) { sender_.release(now); }

  private:
    UdpSocket socket_;
    const Tracer& tracer_;
    ImpairedSender sender_;
    std::vector<std::byte> buffer_;
};

}  // namespace netlab::problem5
