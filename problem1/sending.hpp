// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/retransmit.hpp"
#include "common/text.hpp"
#include "problem1/frame.hpp"
#include "problem1/source.hpp"

// What the senders have in common: what is asked of them, and how they fail.

namespace netlab::problem1 {

// Once the ACK of END has come, the server is only busy making the file durable. END is then sent
// again up to this many times, 5 s apart at most, in case DONE was lost.
inline constexpr int kMaxProbes = 120;

struct SendOptions {
    std::uint32_t chunk_size = 100;
    std::uint32_t window = 1;
    int retries = 10;
};

// What became of one file.
struct Sent {
    std::uint64_t bytes = 0;
    std::uint64_t chunks = 0;
    std::uint64_t retransmissions = 0;
};

// A file that is sent over TCP, and how.
struct Delivery {
    Source& source;
    const SendOptions& options;
    RttEstimator& rtt;
    std::uint32_t transfer;  // random, and not 0
    bool resume = false;     // from where an earlier attempt got

    [[nodiscard]] FixedChunks chunks() const { return {source.size(), options.chunk_size}; }
    [[nodiscard]] std::uint64_t chunks_before(std::uint64_t offset) const {
        return FixedChunks(offset, options.chunk_size).count();
    }
    // The payload of START.
    [[nodiscard]] std::vector<std::byte> announcement() const;
    // The offset of ACCEPT at which to begin. Throws ProtocolError if there is no chunk.
    [[nodiscard]] std::uint64_t accepted_offset(const Frame& accept) const;
};

// The server's final reply to a file that it does not take.
class Refused : public std::runtime_error {
  public:
    explicit Refused(const ErrorInfo& error)
        : std::runtime_error("server: " + escaped(error.reason)), code(error.code) {}
    ErrorInfo::Code code;
};

// Throws Refused if the frame is the server's ERROR, for this transfer or for the connection (a
// server that is full says so for transfer 0).
void check_refusal(const Frame& frame, std::uint32_t transfer);

// The timer of a frame has fired. Notes it in the trace. Throws TimeoutError if the frame may not
// be sent again: "chunk 7 of 200 was not acknowledged after 10 retransmissions". `arrived`: the
// server is known to have this END, which is sent again as a probe for DONE.
void note_timeout_or_give_up(const SendWindow::Expired& timeout, bool arrived, int retries,
                             std::uint64_t chunks, FrameSink& sink);

// "sent f.bin: 20000 bytes in 200 chunks, 41 retransmissions, 0.213 s, 93.9 kB/s\n"; or, if nobody
// has confirmed it, "unconfirmed".
std::string summary(const Source& file, const Sent& sent, Duration elapsed, bool confirmed = true);

// "notes.txt: PROBLEM", with the path once even if the problem names it ("read notes.txt: ...").
std::string failure_of(const std::string& path, const std::string& problem);
// The same on stderr, behind "tcp_client: ".
void report_failure(const char* program, const std::string& path, const std::string& problem);

}  // namespace netlab::problem1
