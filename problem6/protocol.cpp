// SPDX-License-Identifier: MIT
#include "problem6/protocol.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kMaxName = 32;
constexpr std::string_view kNotice = "* ";
constexpr std::string_view kRefusal = "ERROR ";

bool needs_slash(std::string_view text) {
    return text.starts_with('/') || text.starts_with(kNotice) || text.starts_with('<') ||
           text.starts_with(kRefusal);
}

bool has_extra_slash(std::string_view line) {
    return line.starts_with('/') && needs_slash(line.substr(1));
}

// Spaces of Unicode: two names must not look the same.
bool is_wide_space(std::string_view character) {
    return character == "\u00A0" || character == "\u3000" || character == "\u1680" ||
           character == "\u202F" || character == "\u205F" ||
           (character >= "\u2000" && character <= "\u200A");
}

}  // namespace

ClientLine parse_client_line(std::string_view line) {
    using Kind = ClientLine::Kind;
    if (line.empty()) return {};
    if (has_extra_slash(line)) return {Kind::message, {}, line.substr(1)};
    if (line.front() != '/') return {Kind::message, {}, line};

    std::string_view rest = line;
    const std::string_view command = take_word(rest);
    if (command == "/nick") return {Kind::nick, rest, {}};
    if (command == "/who") return {Kind::who, {}, {}};
    if (command == "/quit") return {Kind::quit, {}, {}};
    if (command == "/msg") {
        const std::string_view name = take_word(rest);
        return {Kind::private_message, name, rest};
    }
    return {Kind::unknown, command, {}};
}

ServerLine parse_server_line(std::string_view line) {
    using Kind = ServerLine::Kind;
    if (has_extra_slash(line)) return {Kind::reply, line.substr(1)};
    if (line.starts_with(kNotice)) return {Kind::notice, line.substr(kNotice.size())};
    if (line.starts_with(kRefusal)) return {Kind::refusal, line.substr(kRefusal.size())};
    return {line.starts_with('<') ? Kind::room : Kind::reply, line};
}

std::string encode_message(std::string_view text) {
    return (needs_slash(text) ? "/" : "") + std::string(text);
}

std::optional<std::string> validate_name(std::string_view name) {
    if (name.empty()) return "a name has at least one character";
    if (name == kServerName) return "only the server is called server";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::ranges::all_of(name, is_digit)) return "a name is not just a number";
    std::size_t count = 0;
    for (std::string_view rest = name; !rest.empty(); ++count) {
        const std::size_t size = utf8_character_size(rest);
        const std::string_view character = rest.substr(0, size);
        if (size == 0 || character == " " || has_hidden_character(character) ||
            is_wide_space(character) || (count == 0 && display_columns(character) == 0)) {
            return "a name has printable characters only, and no spaces";
        }
        rest.remove_prefix(size);
    }
    if (count > kMaxName) return "a name has at most 32 characters";
    return std::nullopt;
}

}  // namespace netlab::problem6
