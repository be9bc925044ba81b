// SPDX-License-Identifier: MIT
#include "problem1/frame.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::uint8_t kVersion = 2;
constexpr const char* kNames[] = {"?",   "START", "ACCEPT", "DATA",  "LINE",
                                  "ACK", "END",   "DONE",   "ERROR", "NACK"};

bool plausible(const std::byte* header) {
    const auto type = std::to_integer<std::uint8_t>(header[0]);
    return type >= 1 && type < std::size(kNames) &&
           std::to_integer<std::uint8_t>(header[1]) == kVersion &&
           load_big_endian<std::uint16_t>(header + 2) <= kMaxPayload;
}

inline Frame view_of(Bytes frame) {
    return {static_cast<FrameType>(frame[0]), load_big_endian<std::uint32_t>(&frame[4]),
            load_big_endian<std::uint64_t>(&frame[8]),
            frame.subspan(kHeaderSize, frame.size() - kFrameOverhead)};
}

// The checksum covers everything before it.
bool intact(Bytes frame) {
    const std::size_t protected_size = frame.size() - kTrailerSize;
    return crc32c(frame.first(protected_size)) ==
           load_big_endian<std::uint32_t>(&frame[protected_size]);
}

// `out` is of the frame's size exactly.
void encode(const Frame& frame, MutableBytes out) {
    out[0] = static_cast<std::byte>(frame.type);
    out[1] = std::byte{kVersion};
    store_big_endian(&out[2], static_cast<std::uint16_t>(frame.payload.size()));
    store_big_endian(&out[4], frame.transfer);
    store_big_endian(&out[8], frame.sequence);
    if (!frame.payload.empty()) {
        std::memcpy(&out[kHeaderSize], frame.payload.data(), frame.payload.size());
    }
    const std::size_t protected_size = out.size() - kTrailerSize;
    store_big_endian(&out[protected_size], crc32c(out.first(protected_size)));
}

// What else the trace shows of a frame; throws ProtocolError if its payload is malformed.
std::string details(const Frame& frame) {
    switch (frame.type) {
        case FrameType::start: {
            const StartInfo info = StartInfo::decode(frame.payload);
            return " size=" + std::to_string(info.file_size) + " name=" + escaped(info.name);
        }
        case FrameType::accept:
            return " offset=" + std::to_string(WireReader(frame.payload).u64());
        case FrameType::error:
            return " " + escaped(ErrorInfo::decode(frame.payload).reason);
        case FrameType::nack: {
            const NackInfo info = NackInfo::decode(frame.payload);
            std::string text = " round=" + std::to_string(info.round) + " missing=";
            for (const ChunkRange& range : info.missing) {
                if (!text.ends_with('=')) text += ',';
                text += std::to_string(range.first);
                if (range.last != range.first) text += "-" + std::to_string(range.last);
            }
            return text;
        }
        default:
            return "";
    }
}

}  // namespace

void append_frame(ByteQueue& out, const Frame& frame) {
    const std::size_t size = kFrameOverhead + frame.payload.size();
    encode(frame, out.prepare(size));
    out.commit(size);
}

std::vector<std::byte> encoded(const Frame& frame) {
    std::vector<std::byte> out(kFrameOverhead + frame.payload.size());
    encode(frame, out);
    return out;
}

std::optional<Frame> decode_datagram(Bytes datagram) {
    if (datagram.size() < kFrameOverhead || !plausible(datagram.data())) return std::nullopt;
    const std::size_t payload = load_big_endian<std::uint16_t>(&datagram[2]);
    if (datagram.size() != kFrameOverhead + payload || !intact(datagram)) return std::nullopt;
    return view_of(datagram);
}

bool take_frame(ByteQueue& stream, StreamFrame& next) {
    const Bytes all = stream.data();
    if (all.size() < kFrameOverhead) return false;
    if (!plausible(all.data())) throw ProtocolError("these bytes are no frame");
    const std::size_t size = kFrameOverhead + load_big_endian<std::uint16_t>(&all[2]);
    if (all.size() < size) return false;
    stream.consume(size);
    const Bytes frame = all.first(size);
    next.frame = view_of(frame);
    next.intact = intact(frame);
    next.bytes = frame;
    return true;
}

std::vector<std::byte> StartInfo::encode() const {
    std::vector<std::byte> out;
    WireWriter writer(out);
    writer.u64(file_size).u64(chunk_count).u32(chunk_size);
    writer.u32(window).u8(flags).text(name);
    return out;
}

StartInfo StartInfo::decode(Bytes payload) {
    WireReader in(payload);
    StartInfo info;
    info.file_size = in.u64();
    info.chunk_count = in.u64();
    info.chunk_size = in.u32();
    info.window = in.u32();
    info.flags = in.u8();
    info.name = as_text(in.rest());

    const bool lines = info.has(kLines);
    if (lines ? info.chunk_size != 0 : info.chunk_size == 0 || info.chunk_size > kMaxChunkSize) {
        throw ProtocolError("START with a wrong chunk size");
    }
    if ((!lines && info.chunk_count != info.chunks().count()) ||
        info.chunk_count > info.file_size ||
        info.file_size > static_cast<std::uint64_t>(INT64_MAX)) {
        throw ProtocolError("START with a wrong number of chunks");
    }
    if (info.window == 0 ||
        std::uint64_t{info.window} * std::max(info.chunk_size, 1U) > kMaxWindowBytes) {
        throw ProtocolError("START with a wrong window");
    }
    return info;
}

// Whole chunks only; and what is longer than the file cannot be its beginning.
std::uint64_t StartInfo::resumed_at(std::uint64_t part) const {
    if (!has(kResume) || part > file_size) return 0;
    return part == file_size ? part : part / chunk_size * chunk_size;
}

std::vector<std::byte> encode_offset(std::uint64_t offset) {
    std::vector<std::byte> out;
    WireWriter(out).u64(offset);
    return out;
}

std::vector<std::byte> EndInfo::encode() const {
    std::vector<std::byte> out;
    WireWriter(out).u32(crc).u32(round).u64(token);
    return out;
}

EndInfo EndInfo::decode(Bytes payload) {
    WireReader in(payload);
    return {.crc = in.u32(), .round = in.u32(), .token = in.u64()};
}

std::vector<std::byte> ErrorInfo::encode() const {
    std::vector<std::byte> out;
    WireWriter(out).u8(static_cast<std::uint8_t>(code)).text(reason);
    return out;
}

ErrorInfo ErrorInfo::decode(Bytes payload) {
    WireReader in(payload);
    const auto code = static_cast<Code>(in.u8());
    return {code, std::string(as_text(in.rest()))};
}

std::vector<std::byte> NackInfo::encode() const {
    std::vector<std::byte> out;
    WireWriter writer(out);
    writer.u32(round).u64(token);
    for (const ChunkRange& range : missing) writer.u64(range.first).u64(range.last);
    return out;
}

NackInfo NackInfo::decode(Bytes payload) {
    WireReader in(payload);
    NackInfo info{.round = in.u32(), .token = in.u64(), .missing = {}};
    do {
        const ChunkRange range{.first = in.u64(), .last = in.u64()};
        const bool ordered = info.missing.empty() || info.missing.back().last < range.first;
        if (range.last < range.first || !ordered) {
            throw ProtocolError("NACK with ranges that are not in order");
        }
        info.missing.push_back(range);
    } while (in.left() > 0);
    return info;
}

std::string describe(const Frame& frame) {
    std::string text = kNames[static_cast<std::size_t>(frame.type)];
    text += " seq=" + std::to_string(frame.sequence);
    text += " len=" + std::to_string(frame.payload.size());
    try {
        return text + details(frame);
    } catch (const ProtocolError&) {
        return text + " (malformed)";
    }
}

}  // namespace netlab::problem1
