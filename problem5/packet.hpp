// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The readable datagrams of the chat over UDP: "MSG <n> <text>", "ACK <n>", "BYE", "PING", "PONG",
// "BUSY". MSG 0 carries a name, messages count from 1 in each direction.

namespace netlab::problem5 {

inline constexpr std::size_t kMaxCharacters = 1000;

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

// UTF-8 characters; a byte that belongs to none counts as one.
std::size_t count_characters(std::string_view text) noexcept;

// Why a text cannot be a message on UDP, nullopt if it can.
std::optional<std::string> validate_text(std::string_view text);

}  // namespace netlab::problem5
