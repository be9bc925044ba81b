// SPDX-License-Identifier: MIT
#include "problem4/packet.hpp"

#include <cstdio>

#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint16_t kMagic = 0x4E34;  // "N4"
constexpr std::uint8_t kVersion = 2;

void require(bool holds) {
    if (!holds) throw ProtocolError("a field out of range");
}

void require_range(std::uint64_t offset, std::uint64_t length) {
    require(length > 0 && offset <= INT64_MAX - length);
}

std::string_view read_text(WireReader& in) {
    require(in.left() <= kMaxText);
    return as_text(in.rest());
}

// One pair of functions for each packet, to be read side by side.

void write(WireWriter& out, const Request& p) {
    out.u64(p.nonce).text(p.name);
}
void read(WireReader& in, Request& p) {
    p.nonce = in.u64();
    p.name = read_text(in);
}

void write(WireWriter& out, const Challenge& p) {
    out.u64(p.nonce);
}
void read(WireReader& in, Challenge& p) {
    p.nonce = in.u64();
}

void write(WireWriter& out, const Start& p) {
    out.u64(p.nonce).u32(p.latency_ms).u8(p.flags).text(p.name);
}
void read(WireReader& in, Start& p) {
    p.nonce = in.u64();
    p.latency_ms = in.u32();
    p.flags = in.u8();
    p.name = read_text(in);
}

void write(WireWriter& out, const Info& p) {
    out.u64(p.size).u64(p.duration_us).text(p.container);
}
void read(WireReader& in, Info& p) {
    p.size = in.u64();
    p.duration_us = in.u64();
    p.container = read_text(in);
    require(p.size <= INT64_MAX && p.duration_us <= INT64_MAX);
}

void write(WireWriter& out, const Error& p) {
    out.text(p.text);
}
void read(WireReader& in, Error& p) {
    p.text = read_text(in);
}

void write(WireWriter& out, const Data& p) {
    out.u32(p.sequence).u32(p.sent_us).u64(p.offset).bytes(p.payload);
}
void read(WireReader& in, Data& p) {
    p.sequence = in.u32();
    p.sent_us = in.u32();
    p.offset = in.u64();
    p.payload = in.rest();
    require(p.payload.size() <= kMaxPayload);
    require_range(p.offset, p.payload.size());
}

void write(WireWriter& out, const Report& p) {
    out.u32(p.number).u64(p.contiguous).u64(p.consumed).u8(p.flags);
    out.u8(static_cast<std::uint8_t>(p.missing.size()));
    for (const ByteRange& range : p.missing) {
        out.u64(range.offset).u32(static_cast<std::uint32_t>(range.length));
    }
}
void read(WireReader& in, Report& p) {
    p.number = in.u32();
    p.contiguous = in.u64();
    p.consumed = in.u64();
    require(p.consumed <= p.contiguous && p.contiguous <= INT64_MAX);
    p.flags = in.u8();
    const std::size_t count = in.u8();
    require(count <= kMaxMissing);
    p.missing.resize(count);
    std::uint64_t end = 0;
    for (ByteRange& range : p.missing) {
        range.offset = in.u64();
        range.length = in.u32();
        require_range(range.offset, range.length);
        require(range.offset >= end);  // so that a report asks for no byte twice
        end = range.offset + range.length;
    }
}

void write(WireWriter& out, const Alive& p) {
    out.u32(p.report).u64(p.sent_up_to);
}
void read(WireReader& in, Alive& p) {
    p.report = in.u32();
    p.sent_up_to = in.u64();
}

void write(WireWriter& out, const Bye& p) {
    out.u64(p.contiguous);
}
void read(WireReader& in, Bye& p) {
    p.contiguous = in.u64();
}

template <typename One>
Body read_body(WireReader& in) {
    One body;
    read(in, body);
    require(in.left() == 0);
    return body;
}

// Calls read_body of the variant's alternative number type - 1.
template <std::size_t... Index>
Body read_body_of(std::size_t type, WireReader& in, std::index_sequence<Index...>) {
    using Read = Body (*)(WireReader&);
    static constexpr Read kReads[] = {read_body<std::variant_alternative_t<Index, Body>>...};
    require(type >= 1 && type <= sizeof...(Index));
    return kReads[type - 1](in);
}

std::string number(const char* name, std::uint64_t value) {
    return std::string(" ") + name + "=" + std::to_string(value);
}

std::string text(const char* name, std::string_view value) {
    return std::string(" ") + name + "=" + escaped(value);
}

std::string fields(const Request& p) {
    return "REQUEST" + text("name", p.name);
}
std::string fields(const Challenge&) {
    return "CHALLENGE";
}
std::string fields(const Start& p) {
    return "START latency=" + show_duration(milliseconds(p.latency_ms)) + text("name", p.name) +
           ((p.flags & Start::kCopy) != 0 ? " copy" : "");
}
std::string fields(const Info& p) {
    return "INFO" + number("size", p.size) + number("duration_us", p.duration_us) +
           text("container", p.container);
}
std::string fields(const Error& p) {
    return "ERROR " + escaped(p.text);
}
std::string fields(const Data& p) {
    return "DATA" + number("seq", p.sequence) + number("offset", p.offset) +
           number("len", p.payload.size());
}
std::string fields(const Report& p) {
    std::string all = "REPORT" + number("number", p.number) + number("contiguous", p.contiguous) +
                      number("consumed", p.consumed);
    if ((p.flags & Report::kEcho) != 0) all += " echo";
    for (const ByteRange& range : p.missing) {
        all += " missing=" + std::to_string(range.offset) + "+" + std::to_string(range.length);
    }
    return all;
}
std::string fields(const Alive& p) {
    return "ALIVE" + number("report", p.report) + number("sent_up_to", p.sent_up_to);
}
std::string fields(const Bye& p) {
    return "BYE" + number("contiguous", p.contiguous);
}

}  // namespace

void encode(std::uint64_t session, const Body& body, std::vector<std::byte>& out) {
    out.clear();
    WireWriter writer(out);
    writer.u16(kMagic).u8(kVersion).u8(static_cast<std::uint8_t>(body.index() + 1));
    writer.u64(session);
    std::visit([&](const auto& one) { write(writer, one); }, body);
    writer.u32(crc32c(out));
}

std::vector<std::byte> encoded(const Packet& packet) {
    std::vector<std::byte> out;
    encode(packet.session, packet.body, out);
    return out;
}

std::optional<Packet> decode(Bytes datagram) {
    if (datagram.size() < kHeaderSize + kTrailerSize || datagram.size() > kMaxDatagram) {
        return std::nullopt;
    }
    const Bytes content = datagram.first(datagram.size() - kTrailerSize);
    if (load_big_endian<std::uint16_t>(&datagram[0]) != kMagic ||
        std::to_integer<std::uint8_t>(datagram[2]) != kVersion ||
        load_big_endian<std::uint32_t>(&datagram[content.size()]) != crc32c(content)) {
        return std::nullopt;
    }
    try {
        WireReader in(content.subspan(kHeaderSize));
        const auto type = std::to_integer<std::size_t>(datagram[3]);
        const auto session = load_big_endian<std::uint64_t>(&datagram[4]);
        Packet packet{
            session, read_body_of(type, in, std::make_index_sequence<std::variant_size_v<Body>>())};
        require((session == 0) == std::holds_alternative<Request>(packet.body));
        return packet;
    } catch (const ProtocolError&) {
        return std::nullopt;
    }
}

std::string describe(const Body& body) {
    return std::visit([](const auto& one) { return fields(one); }, body);
}

}  // namespace netlab::problem4
