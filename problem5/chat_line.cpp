// SPDX-License-Identifier: MIT
#include "problem5/chat_line.hpp"

#include "common/line_buffer.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::string_view kName = "/name ";

}  // namespace

ChatLine ChatLine::parse(std::string_view line) noexcept {
    if (line.empty()) return {Kind::empty, {}};
    if (line[0] != '/') return {Kind::message, line};
    if (line.starts_with("//")) return {Kind::message, line.substr(1)};
    if (line.starts_with(kName)) return {Kind::name, line.substr(kName.size())};
    if (line == "/busy") return {Kind::busy, {}};
    if (line == "/bye") return {Kind::bye, {}};
    return {Kind::unknown, line};
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
    return "it has " + std::to_string(size) + " bytes, and a message at most " +
           std::to_string(kMaxLine);
}

}  // namespace netlab::problem5
