// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/byte_queue.hpp"
#include "common/chunking.hpp"
#include "common/time.hpp"

// The frame of problem 1, for both transports: over TCP frames follow each other in the stream,
// over UDP a datagram is a frame. README.md describes every field.

namespace netlab::problem1 {

inline constexpr std::size_t kHeaderSize = 16;  // then comes the payload, ...
inline constexpr std::size_t kTrailerSize = 4;  // ... then the checksum of both
inline constexpr std::size_t kFrameOverhead = kHeaderSize + kTrailerSize;
inline constexpr std::size_t kMaxPayload = 61'000;  // a frame fits into a UDP datagram
inline constexpr std::uint32_t kMaxChunkSize = 60'000;
inline constexpr std::uint64_t kMaxWindowBytes = 16 * 1024 * 1024;

enum class FrameType : std::uint8_t {
    start = 1,   // client: name, size, chunk size
    accept = 2,  // server, TCP: the offset to begin at
    data = 3,    // client: a chunk
    line = 4,    // client, UDP: a line of text and its offset
    ack = 5,     // server: this chunk (TCP) or END (TCP, UDP with repair) has arrived
    end = 6,     // client: all is sent; the file's CRC-32C
    done = 7,    // server: complete, verified, durable
    error = 8,   // server: the transfer has failed, and why
    nack = 9,    // server, UDP with repair: what is missing
};

// START has sequence number 0, the chunks 1..N, END N + 1; a reply has the number of what it
// answers. 64 bits never wrap. The payload is a view of somebody else's bytes.
struct Frame {
    FrameType type{};
    std::uint32_t transfer = 0;  // the client's number of the file: random, and not 0
    std::uint64_t sequence = 0;
    Bytes payload;
};

// Appends the encoded frame to `out`.
void append_frame(ByteQueue& out, const Frame& frame);
std::vector<std::byte> encoded(const Frame& frame);

// A whole datagram: nullopt unless it is exactly one frame with the right checksum.
std::optional<Frame> decode_datagram(Bytes datagram);

// A frame of a stream.
struct StreamFrame {
    Frame frame;
    bool intact = false;  // else its checksum is wrong
    Bytes bytes;          // as it came
};
// Takes the next whole frame out of a stream: false if there is none yet. It is valid until more is
// put in. Throws ProtocolError if the bytes cannot be a frame's header.
[[nodiscard]] bool take_frame(ByteQueue& stream, StreamFrame& next);

// The payload of START.
struct StartInfo {
    static constexpr std::uint8_t kResume = 1;  // TCP: go on from NAME.part
    static constexpr std::uint8_t kLines = 2;   // UDP: LINE frames, chunk_size is 0
    static constexpr std::uint8_t kRepair = 4;  // UDP: the server may answer

    std::uint64_t file_size = 0;
    std::uint64_t chunk_count = 0;
    std::uint32_t chunk_size = 0;
    std::uint32_t window = 1;
    std::uint8_t flags = 0;
    std::string name;

    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
    // Unless it is sent in lines.
    [[nodiscard]] FixedChunks chunks() const { return {file_size, chunk_size}; }
    // Where an upload goes on of which `part` bytes have come earlier: 0, unless it resumes.
    [[nodiscard]] std::uint64_t resumed_at(std::uint64_t part) const;
    [[nodiscard]] std::vector<std::byte> encode() const;
    // Throws ProtocolError if it is too short, or its numbers contradict each other.
    static StartInfo decode(Bytes payload);
};

// The payload of ACCEPT.
std::vector<std::byte> encode_offset(std::uint64_t offset);

// The payload of END. The round numbers the questions of a transfer with repair (a repetition keeps
// its number), so that the answer to an old one is not taken for news; the token proves that the
// client receives what is sent to its address.
struct EndInfo {
    std::uint32_t crc = 0;
    std::uint32_t round = 0;
    std::uint64_t token = 0;  // of the last NACK; 0: none has come yet

    [[nodiscard]] std::vector<std::byte> encode() const;
    static EndInfo decode(Bytes payload);
};

// The payload of ERROR.
struct ErrorInfo {
    enum class Code : std::uint8_t { refused = 1, failed = 2, wrong_checksum = 3 };
    Code code{};
    std::string reason;

    [[nodiscard]] std::vector<std::byte> encode() const;
    static ErrorInfo decode(Bytes payload);
};

struct ChunkRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const ChunkRange&, const ChunkRange&) = default;
};

// The payload of NACK: the round of the END that it answers, a token to repeat in the next one, and
// ranges of missing frames.
struct NackInfo {
    static constexpr std::size_t kFixedSize = 12;
    static constexpr std::size_t kRangeSize = 16;
    static constexpr std::size_t kMaxRanges = 512;
    std::uint32_t round = 0;
    std::uint64_t token = 0;
    std::vector<ChunkRange> missing;

    [[nodiscard]] std::vector<std::byte> encode() const;
    // Throws ProtocolError if it names nothing, or ranges that are not in order.
    static NackInfo decode(Bytes payload);
};

// "DATA seq=7 len=100": a line of the trace.
std::string describe(const Frame& frame);

// Where a machine puts the frames that it wants to send: a connection, a socket, or the network of
// a simulation.
class FrameSink {
  public:
    virtual ~FrameSink() = default;
    virtual void send(const Frame& frame) = 0;
    // Something that belongs in the trace between the frames: a timeout.
    virtual void note(const std::string& text) = 0;
};

// What a program that waits for each answer needs as well: a channel with a clock of its own.
class FrameChannel : public FrameSink {
  public:
    // The next intact frame: nullopt at the deadline. Valid until the next call.
    [[nodiscard]] virtual std::optional<Frame> receive(TimePoint deadline) = 0;
    [[nodiscard]] virtual TimePoint now() const = 0;
};

}  // namespace netlab::problem1
