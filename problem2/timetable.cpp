// SPDX-License-Identifier: MIT
#include "problem2/timetable.hpp"

#include <algorithm>
#include <cstdio>

#include "common/text.hpp"

namespace netlab::problem2 {

namespace {

constexpr std::size_t kDrawingWidth = 24;

std::string show_time(std::optional<Duration> time) {
    char text[32];
    if (!time) return "-";
    std::snprintf(text, sizeof text, "%.3f s", to_seconds(*time));
    return text;
}

std::string line(const std::string& name, std::size_t width, const std::string& started,
                 const std::string& first_byte, const std::string& finished,
                 const std::string& bytes, const std::string& drawing) {
    char columns[160];
    std::snprintf(columns, sizeof columns, " %9s %11s %9s %12s  ", started.c_str(),
                  first_byte.c_str(), finished.c_str(), bytes.c_str());
    std::string text = name + std::string(width - display_columns(name), ' ') + columns + drawing;
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

std::string draw(const Timing& timing, Duration end) {
    const auto column = [end](Duration time) {
        const double share = to_seconds(time) / std::max(to_seconds(end), 1e-9);
        const auto at = static_cast<std::size_t>(std::max(share, 0.0) * kDrawingWidth);
        return std::min(at, kDrawingWidth - 1);
    };
    std::string drawing(kDrawingWidth, ' ');
    for (std::size_t i = column(timing.started); i <= column(timing.finished); ++i) {
        drawing[i] = timing.first_byte && i >= column(*timing.first_byte) ? '#' : '.';
    }
    return "|" + drawing + "|";
}

}  // namespace

std::string timetable(const std::vector<Timing>& timings) {
    std::size_t width = 4;
    Duration end{};
    for (const Timing& timing : timings) {
        width = std::max(width, display_columns(escaped(timing.name)));
        end = std::max(end, timing.finished);
    }
    std::string table = line("file", width, "started", "first byte", "finished", "bytes", "");
    for (const Timing& timing : timings) {
        table += line(escaped(timing.name), width, show_time(timing.started),
                      show_time(timing.first_byte),
                      timing.complete ? show_time(timing.finished) : "failed",
                      std::to_string(timing.bytes), draw(timing, end));
    }
    return table;
}

}  // namespace netlab::problem2
