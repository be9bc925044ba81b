// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cmath>
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

// "0.5"; not negative.
inline double parse_decimal(std::string_view text) {
    double value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    if (error != std::errc() || end != last || !std::isfinite(value) || std::signbit(value)) {
        throw UsageError("not a number");
    }
    return value;
}

// "200ms", "2s", "1.5s"; "200" is milliseconds.
inline Duration parse_duration(std::string_view text) {
    const bool in_seconds = text.ends_with('s') && !text.ends_with("ms");
    const std::size_t unit = in_seconds ? 1 : text.ends_with("ms") ? 2 : 0;
    const double duration =
        parse_decimal(text.substr(0, text.size() - unit)) / (in_seconds ? 1 : 1000);
    if (duration > 86400 * 365) throw UsageError("longer than a year");
    return from_seconds(duration);
}

inline constexpr std::string_view kSizeUnits = "KMG";

// "100", "64K", "10M", "1G": powers of two.
inline std::uint64_t parse_size(std::string_view text) {
    const std::size_t unit = text.empty() ? text.npos : kSizeUnits.find(text.back());
    const std::size_t shift = unit == text.npos ? 0 : 10 * (unit + 1);
    if (shift > 0) text.remove_suffix(1);
    const auto number = whole_number<std::uint64_t>(text);
    if (!number || *number > UINT64_MAX >> 1 >> shift) {
        throw UsageError("not a size (100, 64K, 10M, 1G)");
    }
    return *number << shift;
}

// The inverse: "64K", "1000".
inline std::string show_size(std::uint64_t bytes) {
    for (std::size_t unit = kSizeUnits.size(); unit > 0; --unit) {
        const std::uint64_t size = std::uint64_t{1} << 10 * unit;
        if (bytes >= size && bytes % size == 0) {
            return std::to_string(bytes / size) + kSizeUnits[unit - 1];
        }
    }
    return std::to_string(bytes);
}

}  // namespace netlab
