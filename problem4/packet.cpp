// SPDX-License-Identifier: MIT
#include "problem4/packet.hpp"

#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "common/time.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint16_t kMagic = 0x4E34;  // "N4"
constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kChecksumSize = 4;  // at the end

struct Write {
    WireWriter& out;

    void operator()(const auto&... all) const { (put(all), ...); }

    void put(std::uint8_t field) const { out.u8(field); }
    void put(std::uint32_t field) const { out.u32(field); }
    void put(std::uint64_t field) const { out.u64(field); }
    void put(std::string_view field) const { out.text(field); }
    void put(Bytes field) const { out.bytes(field); }
    void put(const std::vector<ByteRange>& field) const {
        out.u8(static_cast<std::uint8_t>(field.size()));
        for (const auto& [offset, length] : field) {
            out.u64(offset).u32(static_cast<std::uint32_t>(length));
        }
    }
};

struct Read {
    WireReader& in;

    void operator()(auto&... all) const { (get(all), ...); }

    void get(std::uint8_t& field) const { field = in.u8(); }
    void get(std::uint32_t& field) const { field = in.u32(); }
    void get(std::uint64_t& field) const { field = in.u64(); }
    void get(std::string_view& field) const {
        if (in.left() > kMaxText) throw ProtocolError("text too long");
        field = as_text(in.rest());
    }
    void get(Bytes& field) const { field = in.rest(); }
    void get(std::vector<ByteRange>& field) const {
        field.resize(in.u8());
        for (auto& [offset, length] : field) {
            offset = in.u64();
            length = in.u32();
        }
    }
};

// What fields may say. A type of packet that is left out here does not compile.
struct Valid {
    using Anything = std::variant<Request, Challenge, Start, Error>;
    bool operator()(const Anything&) const { return true; }
    bool operator()(const ByteRange& range) const {
        return range.length > 0 && range.offset <= INT64_MAX - range.length;
    }
    bool operator()(const Info& p) const {
        return p.size <= INT64_MAX && p.duration_us <= INT64_MAX;
    }
    bool operator()(const Alive& p) const { return p.sent_up_to <= INT64_MAX; }
    bool operator()(const Bye& p) const { return p.contiguous <= INT64_MAX; }
    bool operator()(const Data& p) const {
        return p.payload.size() <= kMaxPayload && (*this)(ByteRange{p.offset, p.payload.size()});
    }
    bool operator()(const Report& p) const {
        std::uint64_t end = 0;
        for (const ByteRange& range : p.missing) {
            if (!(*this)(range) || range.offset < end) return false;  // no byte is asked for twice
            end = range.offset + range.length;
        }
        return p.consumed <= p.contiguous && p.contiguous <= INT64_MAX &&
               p.missing.size() <= kMaxMissing;
    }
};

// The variant's alternative number type - 1, if that is what stands there, and no more.
template <std::size_t... Index>
std::optional<Body> read_body(std::size_t type, WireReader& in, std::index_sequence<Index...>) {
    std::optional<Body> body;
    const auto read = [&](auto p) {
        p.fields(p, Read{in});
        if (in.left() == 0 && Valid{}(p)) body = std::move(p);
    };
    (..., (type == Index + 1 ? read(std::variant_alternative_t<Index, Body>()) : void()));
    return body;
}

std::string field(const char* name, std::uint64_t value) {
    return std::string(" ") + name + "=" + std::to_string(value);
}
std::string field(const char* name, std::string_view value) {
    return std::string(" ") + name + "=" + escaped(value);
}

struct Describe {
    std::string operator()(const Request& p) { return "REQUEST" + field("name", p.name); }
    std::string operator()(const Challenge&) { return "CHALLENGE"; }
    std::string operator()(const Start& p) {
        return "START latency=" + show_duration(milliseconds(p.latency_ms)) +
               field("name", p.name) + ((p.flags & Start::kCopy) != 0 ? " copy" : "");
    }
    std::string operator()(const Info& p) {
        return "INFO" + field("size", p.size) + field("duration_us", p.duration_us) +
               field("container", p.container);
    }
    std::string operator()(const Error& p) { return "ERROR " + escaped(p.text); }
    std::string operator()(const Data& p) {
        return "DATA" + field("seq", p.sequence) + field("offset", p.offset) +
               field("len", p.payload.size());
    }
    std::string operator()(const Report& p) {
        std::string all = "REPORT" + field("number", p.number) + field("contiguous", p.contiguous) +
                          field("consumed", p.consumed);
        if ((p.flags & Report::kEcho) != 0) all += " echo";
        for (const auto& [offset, length] : p.missing) {
            all += field("missing", offset) + "+" + std::to_string(length);
        }
        return all;
    }
    std::string operator()(const Alive& p) {
        return "ALIVE" + field("report", p.report) + field("sent_up_to", p.sent_up_to);
    }
    std::string operator()(const Bye& p) { return "BYE" + field("contiguous", p.contiguous); }
};

}  // namespace

std::vector<std::byte> encode(const Packet& packet) {
    std::vector<std::byte> out;
    out.reserve(kMaxDatagram);
    WireWriter writer(out);
    const auto type = static_cast<std::uint8_t>(packet.body.index() + 1);
    writer.u16(kMagic).u8(kVersion).u8(type).u64(packet.session);
    std::visit([&](const auto& p) { p.fields(p, Write{writer}); }, packet.body);
    writer.u32(crc32c(out));
    return out;
}

std::optional<Packet> decode(Bytes datagram) try {
    if (datagram.size() < kChecksumSize || datagram.size() > kMaxDatagram) {
        return std::nullopt;
    }
    const Bytes content = datagram.first(datagram.size() - kChecksumSize);
    if (load_big_endian<std::uint32_t>(&datagram[content.size()]) != crc32c(content)) {
        return std::nullopt;
    }
    WireReader in(content);
    if (in.u16() != kMagic || in.u8() != kVersion) return std::nullopt;
    const std::size_t type = in.u8();
    const std::uint64_t session = in.u64();
    auto body = read_body(type, in, std::make_index_sequence<std::variant_size_v<Body>>());
    const bool is_request = body && std::holds_alternative<Request>(*body);
    if (!body || (session == 0) != is_request) return std::nullopt;
    return Packet{session, *std::move(body)};
} catch (const ProtocolError&) {
    return std::nullopt;  // it ends before its last field
}

std::string describe(const Packet& packet) {
    return std::visit(Describe{}, packet.body);
}

}  // namespace netlab::problem4
