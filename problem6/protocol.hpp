// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// The lines of the chat, both ways. README.md has the grammar. Pure.

namespace netlab::problem6 {

inline constexpr std::string_view kServerName = "server";
inline constexpr std::string_view kClosingNotice = "* server closing";

// What a line from a client means. The views point into the line.
struct ClientLine {
    enum class Kind { empty, message, nick, who, private_message, quit, unknown };
    Kind kind = Kind::empty;
    std::string_view name;  // of nick and private_message; of unknown, the command
    std::string_view text;  // of message and private_message
};
ClientLine parse_client_line(std::string_view line);

// What a line from the server means.
struct ServerLine {
    enum class Kind { reply, room, notice, refusal };
    Kind kind = Kind::reply;
    std::string_view text;  // without what marks the kind; of room, the line as it is
};
ServerLine parse_server_line(std::string_view line);

// A message as it goes out: one that could be taken for something else gets a "/" in front.
std::string encode_message(std::string_view text);

// Why nobody may be called that; nullopt if it is a good name.
std::optional<std::string> validate_name(std::string_view name);

}  // namespace netlab::problem6
