// SPDX-License-Identifier: MIT
#include "common/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace netlab {

namespace {

// Divides `value` by 1000 until it is below the limit; returns the prefix of its unit.
std::string scale(double& value, double limit) {
    constexpr std::string_view kPrefixes = " kMGT";
    std::size_t prefix = 0;
    for (; value >= limit && prefix + 1 < kPrefixes.size(); ++prefix) value /= 1000;
    return prefix == 0 ? "" : std::string(1, kPrefixes[prefix]);
}

}  // namespace

std::string show_bytes(double bytes) {
    const std::string prefix = scale(bytes, 1000);
    char text[32];
    std::snprintf(text, sizeof text, prefix.empty() ? "%.0f " : "%.4g ", bytes);
    return text + prefix + "B";
}

std::string show_rate(std::uint64_t bytes, Duration elapsed) {
    double rate = static_cast<double>(bytes) / std::max(to_seconds(elapsed), 1e-6);
    const std::string prefix = scale(rate, 999.5);  // which would be shown as 1000
    const int decimals = prefix.empty() || rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
    char text[48];
    std::snprintf(text, sizeof text, "%.*f ", decimals, rate);
    return text + prefix + "B/s";
}

std::string time_and_rate(std::uint64_t bytes, Duration elapsed) {
    char text[48];
    std::snprintf(text, sizeof text, "%.3f s, ", to_seconds(elapsed));
    return text + show_rate(bytes, elapsed);
}

std::string Summary::line() const {
    return what + ": " + std::to_string(bytes) + " bytes in " + std::to_string(chunks) +
           (chunks == 1 ? " chunk, " : " chunks, ") + repeats + ", " +
           time_and_rate(bytes, elapsed) + (path.empty() ? "" : ", as " + path) + "\n";
}

}  // namespace netlab
