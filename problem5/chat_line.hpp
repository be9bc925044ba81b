// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// What a line means on a TCP connection. A message is its text; a line that begins with "/" is
// control; a message that begins with "/" gets one more in front.

namespace netlab::problem5 {

struct ChatLine {
    enum class Kind { message, name, busy, bye, empty, unknown };
    Kind kind;
    std::string_view text;  // of a message or a name; of an unknown line, all of it

    // The line comes without its newline, and must outlive the result.
    static ChatLine parse(std::string_view line) noexcept;
};

// With its newline, ready to be sent.
std::string encode_message(std::string_view text);
std::string encode_name(std::string_view name);
inline constexpr std::string_view kByeLine = "/bye\n";
inline constexpr std::string_view kBusyLine = "/busy\n";

// Why a text cannot be a message on TCP, nullopt if it can.
std::optional<std::string> validate_line(std::string_view text);

}  // namespace netlab::problem5
