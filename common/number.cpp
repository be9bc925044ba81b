// SPDX-License-Identifier: MIT
#include "common/number.hpp"

#include <cmath>

namespace netlab {

namespace {

constexpr std::string_view kSizeUnits = "KMG";

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

}  // namespace

double parse_decimal(std::string_view text) {
    double value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    if (error != std::errc() || end != last || !std::isfinite(value) || std::signbit(value)) {
        throw UsageError("not a number");
    }
    return value;
}

Duration parse_duration(std::string_view text) {
    const bool in_seconds = !take_suffix(text, "ms") && take_suffix(text, "s");
    const double duration = parse_decimal(text) / (in_seconds ? 1 : 1000);
    if (duration > 86400 * 365) throw UsageError("longer than a year");
    return from_seconds(duration);
}

std::uint64_t parse_size(std::string_view text) {
    const std::size_t unit = text.empty() ? text.npos : kSizeUnits.find(text.back());
    const std::size_t shift = unit == text.npos ? 0 : 10 * (unit + 1);
    if (shift > 0) text.remove_suffix(1);
    const auto number = whole_number<std::uint64_t>(text);
    if (!number || *number > UINT64_MAX >> 1 >> shift) {
        throw UsageError("not a size (100, 64K, 10M, 1G)");
    }
    return *number << shift;
}

std::string show_size(std::uint64_t bytes) {
    for (std::size_t unit = kSizeUnits.size(); unit > 0; --unit) {
        const std::uint64_t size = std::uint64_t{1} << 10 * unit;
        if (bytes >= size && bytes % size == 0) {
            return std::to_string(bytes / size) + kSizeUnits[unit - 1];
        }
    }
    return std::to_string(bytes);
}

}  // namespace netlab
