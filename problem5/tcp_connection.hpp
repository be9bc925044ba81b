// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/socket.hpp"
#include "problem5/glance.hpp"
#include "problem5/line_peer.hpp"

namespace netlab::problem5 {

// A LinePeer and the socket that it speaks through. Nothing here blocks but close().
class TcpConnection {
  public:
    TcpConnection(TcpStream stream, const std::string& own_name, const Tracer& tracer);

    [[nodiscard]] LinePeer& peer() noexcept { return peer_; }
    [[nodiscard]] TcpStream& stream() noexcept { return stream_; }

    // What to poll for, and until when.
    [[nodiscard]] pollfd watched() const noexcept;
    [[nodiscard]] TimePoint deadline() const noexcept { return peer_.deadline(); }

    // Takes in what has come, as the wait has found.
    void receive(short found, TimePoint now);
    // Before a wait: takes in what comes within microseconds. True where something did.
    [[nodiscard]] bool receive_soon();
    // Sends what the socket takes now. True where that changes something for the dialogue: all is
    // sent, so that the next message may follow; or sending has failed.
    [[nodiscard]] bool send();

    // Ends the connection so that the peer reads what was sent last: waits up to a second.
    void close() noexcept;

  private:
    [[nodiscard]] bool receive_now(TimePoint now);

    TcpStream stream_;
    LinePeer peer_;
    Glance glance_;
};

}  // namespace netlab::problem5
