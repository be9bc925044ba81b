// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

#include "problem1/frame_channel.hpp"
#include "problem1/source.hpp"

// What stop-and-wait and selective repeat have in common: what is asked of them, how they fail.

namespace netlab::problem1 {

// While the server makes the file durable, END may be asked again so often, 5 s apart at most.
inline constexpr int kMaxQuestions = 120;

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

// The server's final reply to a file that it does not take.
class Refused : public std::runtime_error {
  public:
    explicit Refused(const ErrorInfo& error);
    ErrorInfo::Code code;
};

// The payload of START for a file sent over TCP.
std::vector<std::byte> announcement(const Source& source, const SendOptions& options, bool resume);

// The offset of ACCEPT at which the client is to begin. Throws ProtocolError if there is no chunk.
std::uint64_t accepted_offset(const Frame& accept, const Source& source,
                              const SendOptions& options);

// Throws Refused if the frame is the server's ERROR, for this transfer or for the connection (a
// server that is full says so for transfer 0). True if the frame belongs to the transfer.
bool concerns(const Frame& frame, std::uint32_t transfer);

// A timer has fired for the frame `number` after `attempt` earlier retransmissions: a note in the
// trace, and TimeoutError if those were all that are allowed ("chunk 7 of 200 was not acknowledged
// after 10 retransmissions"). True if the frame may be lost; not if the server is known to have it,
// and to be at work (the limit is kMaxQuestions).
bool note_timeout(FrameSink& sink, std::uint64_t number, std::uint64_t chunks, int attempt,
                  int limit, Duration waited);

}  // namespace netlab::problem1
