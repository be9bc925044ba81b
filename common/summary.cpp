// SPDX-License-Identifier: MIT
#include "common/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace netlab {

std::string show_count(std::uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string show_bytes(double bytes) {
    constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    std::size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %s", bytes, kUnits[unit]);
    return text;
}

std::string time_and_rate(std::uint64_t bytes, Duration elapsed) {
    const double rate = static_cast<double>(bytes) / std::max(to_seconds(elapsed), 1e-6);
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s, ", to_seconds(elapsed));
    return text + show_bytes(rate) + "/s";
}

std::string Summary::line() const {
    return what + ": " + show_count(bytes, "byte") + " in " + show_count(chunks, "chunk") + ", " +
           repeats + ", " + time_and_rate(bytes, elapsed) + (path.empty() ? "" : ", as " + path) +
           "\n";
}

}  // namespace netlab
