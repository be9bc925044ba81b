// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "common/error.hpp"
#include "common/time.hpp"

// Numbers as text: as a protocol has them, and as a user writes them.

namespace netlab {

// nullopt unless the whole text is a number that fits; an unsigned one has no sign.
template <typename Integer>
std::optional<Integer> whole_number(std::string_view text, int base = 10) {
    Integer value{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, base);
    return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
}

// For the command line. They throw UsageError unless the whole text is a number in range.
template <typename Integer>
Integer parse_number(std::string_view text, Integer min, Integer max) {
    const auto number = whole_number<Integer>(text);
    if (number && *number >= min && *number <= max) return *number;
    throw UsageError("not a whole number in " + std::to_string(min) + ".." + std::to_string(max));
}

double parse_decimal(std::string_view text);      // "0.5"; not negative
Duration parse_duration(std::string_view text);   // "200ms", "2s", "1.5s"; "200" is milliseconds
std::uint64_t parse_size(std::string_view text);  // "100", "64K", "10M", "1G": powers of two

// The inverse: "64K", "1000".
std::string show_size(std::uint64_t bytes);

}  // namespace netlab
