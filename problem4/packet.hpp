// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/bytes.hpp"
#include "common/time.hpp"

// What client and server of problem 4 say to each other: one packet a datagram. README.md describes
// every field. `fields` lists those of a packet in their order on the wire, for the writer and
// the reader alike; their types give their sizes. Texts and payloads are views of bytes that the
// caller owns.

namespace netlab::problem4 {

inline constexpr std::size_t kMinPayload = 1000;  // of DATA; the last of a file may be shorter
inline constexpr std::size_t kMaxPayload = 2000;
inline constexpr std::size_t kMaxDatagram = 2100;  // no packet is longer
inline constexpr std::size_t kMaxText = 1024;      // bytes of a name or an error text
inline constexpr std::size_t kMaxMissing = 50;     // ranges in a REPORT

// Of START: a latency outside of this counts as the nearer of the two.
inline constexpr Duration kMinLatency = milliseconds(100);
inline constexpr Duration kMaxLatency = seconds(60);

// The server never sends further than this past a client's `contiguous`.
inline constexpr std::uint64_t kMaxWindow = 32 * 1024 * 1024;

// Client: may I? Sent with session 0 and a random nonce, again and again until it is answered.
struct Request {
    std::uint64_t nonce = 0;
    std::string_view name;
    static void fields(auto& p, auto all) { all(p.nonce, p.name); }
};

// Server: say that again with this session (in the header), so that I know you are where you say
// you are. Never larger than the REQUEST.
struct Challenge {
    std::uint64_t nonce = 0;  // of the REQUEST
    static void fields(auto& p, auto all) { all(p.nonce); }
};

// Client, with the session of the CHALLENGE; sent until INFO, ERROR or BYE comes.
struct Start {
    static constexpr std::uint8_t kCopy = 1;  // no player: nothing is ever abandoned

    std::uint64_t nonce = 0;  // of the REQUEST
    std::uint32_t latency_ms = 0;
    std::uint8_t flags = 0;
    std::string_view name;
    static void fields(auto& p, auto all) { all(p.nonce, p.latency_ms, p.flags, p.name); }
};

// Server: this is what comes. The data follows the client's first REPORT.
struct Info {
    std::uint64_t size = 0;
    std::uint64_t duration_us = 0;  // 0: unknown
    std::string_view container;
    static void fields(auto& p, auto all) { all(p.size, p.duration_us, p.container); }
};

// Server: the session ends here, and why. Never answered.
struct Error {
    std::string_view text;
    static void fields(auto& p, auto all) { all(p.text); }
};

// Server: a piece of the media.
struct Data {
    std::uint32_t sequence = 0;  // counts the pieces from 0; one sent again keeps its number
    std::uint32_t sent_us = 0;   // the server's clock modulo 2^32 (RFC 3550, section 6.4.1)
    std::uint64_t offset = 0;
    Bytes payload;
    static void fields(auto& p, auto all) { all(p.sequence, p.sent_us, p.offset, p.payload); }
};

// Client, every 50 ms from INFO on.
struct Report {
    static constexpr std::uint8_t kEcho = 1;  // please answer with ALIVE

    std::uint32_t number = 0;      // counts the reports from 1
    std::uint64_t contiguous = 0;  // has everything before this offset
    std::uint64_t consumed = 0;    // the player has read so far: at most `contiguous`
    std::uint8_t flags = 0;
    std::vector<ByteRange> missing;  // ascending, none overlaps the next; at most kMaxMissing
    static void fields(auto& p, auto all) {
        all(p.number, p.contiguous, p.consumed, p.flags, p.missing);
    }
};

// Server: the answer to a REPORT that asks for it, or that no DATA came before.
struct Alive {
    std::uint32_t report = 0;
    std::uint64_t sent_up_to = 0;  // everything before this offset has been sent at least once
    static void fields(auto& p, auto all) { all(p.report, p.sent_up_to); }
};

// Either side: it is over. A client's BYE is answered by BYE.
struct Bye {
    std::uint64_t contiguous = 0;  // the client's; 0 from the server
    static void fields(auto& p, auto all) { all(p.contiguous); }
};

// Their order is their type on the wire, from 1.
using Body = std::variant<Request, Challenge, Start, Info, Error, Data, Report, Alive, Bye>;

struct Packet {
    std::uint64_t session = 0;  // 0 in a REQUEST, and there only
    Body body;
};

std::vector<std::byte> encode(const Packet& packet);

// nullopt unless the bytes are exactly one packet with the right checksum and fields in range: to
// be dropped without an answer. The packet views the bytes.
std::optional<Packet> decode(Bytes datagram);

// "DATA seq=7 offset=10000 len=1500": for the trace.
std::string describe(const Packet& packet);

}  // namespace netlab::problem4
