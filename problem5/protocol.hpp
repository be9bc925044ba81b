// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "problem5/peer.hpp"

// What goes over the wire: lines over TCP, readable datagrams over UDP. README.md has the tables.

namespace netlab::problem5 {

// What a line that the peer has sent over TCP means, nullopt if nothing. A message is its text; a
// line that begins with "/" is control; a message that begins with "/" gets one more in front. The
// line comes without its newline.
std::optional<PeerEvent> parse_line(std::string_view line);

// With its newline, ready to be sent.
std::string encode_message(std::string_view text);
std::string encode_name(std::string_view name);
inline constexpr std::string_view kByeLine = "/bye\n";
inline constexpr std::string_view kBusyLine = "/busy\n";

// Why a text cannot be a message on TCP, nullopt if it can.
std::optional<std::string> validate_line(std::string_view text);

// "MSG <n> <text>", "ACK <n>", "BYE", "PING", "PONG", "BUSY". MSG 0 carries a name, messages count
// from 1 in each direction.
struct Packet {
    enum class Kind { msg, ack, bye, ping, pong, busy };
    Kind kind;
    std::uint64_t number = 0;  // of MSG and ACK
    std::string_view text{};   // of MSG: never empty, at most 1000 characters

    // One newline at the end is forgiven (nc -u sends it). nullopt for all else that is not exactly
    // one of these. The result is a view into `datagram`.
    static std::optional<Packet> parse(std::string_view datagram);

    [[nodiscard]] std::string encode() const;
};

inline constexpr std::size_t kMaxCharacters = 1000;

// UTF-8 characters; a byte that belongs to none counts as one.
std::size_t count_characters(std::string_view text) noexcept;

// Why a text cannot be a message on UDP, nullopt if it can.
std::optional<std::string> validate_text(std::string_view text);

}  // namespace netlab::problem5
