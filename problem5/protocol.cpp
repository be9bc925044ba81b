// SPDX-License-Identifier: MIT
#include "problem5/protocol.hpp"

#include <algorithm>
#include <array>

#include "common/line_buffer.hpp"
#include "common/number.hpp"
#include "common/text.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::string_view kName = "/name ";

// In the order of Packet::Kind.
constexpr std::array<std::string_view, 6> kWords{"MSG", "ACK", "BYE", "PING", "PONG", "BUSY"};

bool numbered(Packet::Kind kind) {
    return kind == Packet::Kind::msg || kind == Packet::Kind::ack;
}

}  // namespace

std::optional<PeerEvent> parse_line(std::string_view line) {
    using Kind = PeerEvent::Kind;
    const auto event = [](Kind kind, std::string_view text) {
        return PeerEvent{kind, std::string(text)};
    };
    if (line.empty()) return std::nullopt;
    if (line[0] != '/') return event(Kind::message, line);
    if (line.starts_with("//")) return event(Kind::message, line.substr(1));
    if (line.starts_with(kName)) return event(Kind::name, line.substr(kName.size()));
    if (line == "/busy") return event(Kind::busy, {});
    if (line == "/bye") return event(Kind::left, {});
    return event(Kind::unknown, line);
}

std::string encode_message(std::string_view text) {
    return (text.starts_with('/') ? "/" : "") + std::string(text) + '\n';
}

std::string encode_name(std::string_view name) {
    return std::string(kName) + std::string(name) + '\n';
}

std::optional<std::string> validate_line(std::string_view text) {
    const std::size_t size = text.size() + (text.starts_with('/') ? 1 : 0);
    if (size <= kMaxLine) return std::nullopt;
    return "a message has at most " + std::to_string(kMaxLine) + " bytes";
}

std::optional<Packet> Packet::parse(std::string_view datagram) {
    if (datagram.ends_with('\n')) {
        datagram.remove_suffix(1);
        if (datagram.ends_with('\r')) datagram.remove_suffix(1);
    }
    // One line: a second one would pass for another message, in a transcript for the other
    // speaker's.
    if (datagram.find('\n') != std::string_view::npos) return std::nullopt;
    const auto* const word = std::find(kWords.begin(), kWords.end(), take_word(datagram));
    if (word == kWords.end()) return std::nullopt;

    Packet packet{static_cast<Kind>(word - kWords.begin())};
    if (numbered(packet.kind)) {
        const auto number = whole_number<std::uint64_t>(take_word(datagram));
        if (!number) return std::nullopt;
        packet.number = *number;
    }
    packet.text = datagram;
    const bool has_text = !packet.text.empty();
    if (has_text != (packet.kind == Kind::msg) || validate_text(packet.text)) {
        return std::nullopt;
    }
    return packet;
}

std::string Packet::encode() const {
    std::string datagram(kWords[static_cast<std::size_t>(kind)]);
    if (numbered(kind)) datagram += ' ' + std::to_string(number);
    if (kind == Kind::msg) (datagram += ' ') += text;
    return datagram;
}

std::size_t count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) take_character(text);
    return count;
}

std::optional<std::string> validate_text(std::string_view text) {
    const std::size_t count = count_characters(text);
    if (count <= kMaxCharacters) return std::nullopt;
    return "it has " + std::to_string(count) + " characters, and a datagram takes at most " +
           std::to_string(kMaxCharacters);
}

}  // namespace netlab::problem5
