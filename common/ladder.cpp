// SPDX-License-Identifier: MIT
#include "common/ladder.hpp"

#include <algorithm>
#include <cstdio>

#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::size_t kTimeWidth = 10;
constexpr std::size_t kGap = 6;  // between the end of a lost message and where it was to go

// Cut to `most` columns, the last of them then being dots.
std::string shortened(const std::string& text, std::size_t most) {
    constexpr std::string_view kDots = "...";
    if (display_columns(text) <= most) return text;
    return std::string(cut_to_columns(text, most - kDots.size())) += kDots;
}

std::string label_of(const TraceStep& step) {
    std::string label = escaped(step.record.message());
    if (!step.record.fate.empty()) label += " (" + escaped(step.record.fate) + ")";
    if (step.again) label += " (again)";
    return label;
}

std::string dashes(std::size_t count) {
    return std::string(count, '-');
}

std::string spaces(std::size_t count) {
    return std::string(count, ' ');
}

// Between the two bars, `width` columns.
std::string note(const TraceStep& step, std::size_t width) {
    const std::string label = shortened(label_of(step), width - 4);
    const std::string room = spaces(width - 4 - display_columns(label));
    return step.of_client ? "* " + label + room + "  " : "  " + room + label + " *";
}

std::string arrow(const TraceStep& step, std::size_t width) {
    const std::size_t length = step.lost ? width - kGap : width;
    const std::string label = shortened(label_of(step), length - 6);
    const std::string shaft = dashes(length - 5 - display_columns(label));
    const std::string gap = spaces(width - length);
    if (step.of_client) return "-- " + label + " " + shaft + (step.lost ? "x" : ">") + gap;
    return gap + (step.lost ? "x" : "<") + shaft + " " + label + " --";
}

std::string milliseconds_since(std::int64_t start, const std::optional<std::int64_t>& time) {
    if (!time) return "";
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", static_cast<double>(*time - start) / 1e6);
    return text;
}

std::string line(const std::string& left, const std::string& middle, const std::string& right) {
    const std::string padding = spaces(kTimeWidth - std::min(kTimeWidth, left.size()));
    std::string text = padding + left + " |" + middle + "| " + right;
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

}  // namespace

std::vector<std::string> ladder(const std::vector<TraceStep>& steps, std::size_t width) {
    const std::size_t middle = std::max(width, kMinLadderWidth) - 2 * (kTimeWidth + 2);
    std::vector<std::string> lines{line("client ms", spaces(middle), "server ms")};
    const std::int64_t start = steps.empty() ? 0 : steps.front().time();
    for (const TraceStep& step : steps) {
        const std::string sent = milliseconds_since(start, step.sent);
        const std::string received = milliseconds_since(start, step.received);
        lines.push_back(line(step.of_client ? sent : received,
                             step.is_note() ? note(step, middle) : arrow(step, middle),
                             step.of_client ? received : sent));
    }
    return lines;
}

}  // namespace netlab
