// SPDX-License-Identifier: MIT
#include "common/summary.hpp"

#include <algorithm>
#include <cstdio>

namespace netlab {

std::string show_bytes(double bytes) {
    static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < std::size(kUnits)) {
        bytes /= 1000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.4g %s", bytes, kUnits[unit]);
    return text;
}

std::string show_rate(std::uint64_t bytes, Duration elapsed) {
    constexpr const char* kUnits[] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"};
    double rate = static_cast<double>(bytes) / std::max(to_seconds(elapsed), 1e-6);
    std::size_t unit = 0;
    // Limits below the round number: "999.7" would be shown as 1000.
    for (; rate >= 999.5 && unit + 1 < std::size(kUnits); ++unit) rate /= 1000;
    const int decimals = unit == 0 || rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
    char text[48];
    std::snprintf(text, sizeof text, "%.*f %s", decimals, rate, kUnits[unit]);
    return text;
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
