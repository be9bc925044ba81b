// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/line_reader.hpp"
#include "common/time.hpp"
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
    Connection(Connection&&) = delete;  // replies_ refers to stream_

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

struct DownloadOptions {
    std::string directory = "downloads";  // files keep the server's folders below it
    std::string output;                   // or else the path of the one file
    bool resume = false;                  // continue NAME.part
    bool verify = false;                  // compare checksums at the end
};

struct DownloadResult {
    std::uint64_t size = 0;      // of the file
    std::uint64_t received = 0;  // of it, by this download
    TimePoint finished{};        // when the last byte had come
    bool verified = false;
};

// Called when the server's OK has come, and after each piece: how many bytes come in all, and how
// many have come. A download that starts again calls it with 0 bytes again.
using OnProgress = std::function<void(std::uint64_t expected, std::uint64_t received)>;
using OnRestart = std::function<void(const std::string& why)>;

// Downloads one file. It gets its own name when it is complete, and verified if that is asked for;
// until then, and after a failure, it is NAME.part. A continued download is always verified, and
// starts again from 0 if the server refuses to continue it, or the .part was not the file's
// beginning. Throws Refused, and what Connection and AtomicFile throw; once the content has begun,
// std::runtime_error that tells how much is kept.
DownloadResult download(Connection& connection, const std::string& name,
                        const DownloadOptions& options, const OnProgress& on_progress,
                        const OnRestart& on_restart);

}  // namespace netlab::problem2
