// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/line_reader.hpp"
#include "common/socket.hpp"
#include "common/trace.hpp"
#include "problem2/protocol.hpp"

namespace netlab::problem2 {

// The client's end of a connection: requests go out, replies come back. All calls throw
// SystemError, TimeoutError if the server is silent for `patience`, ProtocolError if the connection
// ends too early, and Interrupted.
class Connection {
  public:
    Connection(const std::string& host, std::uint16_t port, Duration patience,
               const Tracer& tracer);
    Connection(const Connection&) = delete;  // replies_ refers to stream_
    Connection& operator=(const Connection&) = delete;

    // The first line of the reply: for parse_ok(), and then content(), or for parse_sum().
    std::string reply_to(const Request& request);

    // Some of the `left` bytes still to come, at least one; valid until the next call.
    Bytes content(std::uint64_t left);

  private:
    TcpStream stream_;
    LineReader replies_;
    Duration patience_;
    const Tracer& tracer_;
};

}  // namespace netlab::problem2
