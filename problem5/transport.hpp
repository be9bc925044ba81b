// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/impairment.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"
#include "problem5/conversation.hpp"

namespace netlab::problem5 {

// The network side of a chat program: sockets, and the state machine of the peer behind them. TCP
// or UDP, a client or a server; chat_loop.cpp drives each in the same way. Nothing blocks but
// finish(). Failures of the network become events of the peer, or notices. Not thread-safe.
class Transport {
  public:
    virtual ~Transport() = default;

    // nullptr while a server waits for a client.
    [[nodiscard]] virtual Peer* peer() = 0;
    // Its address; only if there is one.
    [[nodiscard]] virtual std::string peer_name() = 0;

    // What to poll for.
    struct Watched {
        pollfd data{-1, 0, 0};
        pollfd listener{-1, 0, 0};
    };
    [[nodiscard]] virtual Watched watched() const = 0;

    virtual void on_timer(TimePoint now) = 0;  // at next_deadline(), or later
    [[nodiscard]] virtual TimePoint next_deadline() const = 0;
    // Takes in what has come: true if anything has.
    virtual bool receive(TimePoint now) = 0;
    // Sends what the peer is to hear. True if converse() should be called again: the peer is now
    // ready() for the next message, or over() because sending failed.
    virtual bool send(TimePoint now) = 0;

    // A server's, when the listener is readable.
    virtual void accept(TimePoint) {}
    // A server's, when the dialogue is over: peer() is the next client, if one is waiting.
    virtual void disconnect(TimePoint) {}
    // True if the client that is over has never proved its address, and another one takes its
    // place.
    [[nodiscard]] virtual bool has_successor() const { return false; }
    // Before the end of the program: lets the peer read what was sent last.
    virtual void finish() {}

    // What the user should know beside the dialogue.
    [[nodiscard]] std::vector<Line> take_notices() { return std::exchange(notices_, {}); }

  protected:
    void report_error(const std::string& text) { notices_.push_back({Line::Kind::error, text}); }

  private:
    std::vector<Line> notices_;
};

// The transports of the four programs. `own_name` is not sent if it is empty. A connected UDP
// socket is a client's. The impairment and the tracer must outlive the transport.
std::unique_ptr<Transport> tcp_client(TcpStream server, std::string own_name, const Tracer& tracer);
std::unique_ptr<Transport> tcp_server(TcpListener listener, std::string own_name,
                                      const Tracer& tracer);
std::unique_ptr<Transport> udp_transport(UdpSocket socket, const std::string& own_name,
                                         const ImpairmentSpec& impairment, const Tracer& tracer);

}  // namespace netlab::problem5
