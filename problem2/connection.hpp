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
// SystemError, TimeoutError if the server is silent for `patience`, ProtocolError for a malformed
// reply, and Interrupted.
class Connection {
  public:
    Connection(const std::string& host, std::uint16_t port, Duration patience,
               const Tracer& tracer);
    Connection(const Connection&) = delete;  // replies_ refers to stream_
    Connection& operator=(const Connection&) = delete;

    // GET or LIST: how many bytes of content follow, to be read by content(). Throws Refused.
    std::uint64_t request_content(const Request& request);

    // Some of the `left` bytes still to come, at least one; valid until the next call. Throws
    // ProtocolError if the connection ends first.
    Bytes content(std::uint64_t left);

    // SUM: the CRC-32 of the server's file. Throws Refused.
    std::uint32_t sum(const std::string& name);

  private:
    std::string reply_to(const Request& request);

    TcpStream stream_;
    LineReader replies_;
    Duration patience_;
    const Tracer& tracer_;
};

}  // namespace netlab::problem2
