// SPDX-License-Identifier: MIT
#include "common/sequence_plot.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

namespace netlab {

namespace {

struct Series {
    const char* title;
    const char* style;
    std::string points;
};

std::optional<std::uint64_t> number_in(const TraceRecord& record, std::string_view key) {
    const std::string* const text = record.find(key);
    std::uint64_t number = 0;
    if (text == nullptr ||
        std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc()) {
        return std::nullopt;
    }
    return number;
}

bool is_content(const TraceRecord& record) {
    return record.type == "DATA" || record.type == "LINE" || record.type == "MSG";
}

std::optional<std::uint64_t> height_of(const TraceRecord& record) {
    if (record.type == "MSG") return number_in(record, "text");
    if (is_content(record)) {
        const auto offset = number_in(record, "offset");
        return offset ? offset : number_in(record, "seq");
    }
    if (record.type == "REPORT") return number_in(record, "contiguous");
    if (record.type != "ACK") return std::nullopt;
    const auto sequence = number_in(record, "seq");
    return sequence ? sequence : number_in(record, "text");
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

void add_point(std::string& points, double ms, std::uint64_t height) {
    char text[64];
    std::snprintf(text, sizeof text, "%.3f %llu\n", ms, static_cast<unsigned long long>(height));
    points += text;
}

}  // namespace

std::string sequence_plot(const std::vector<TraceStep>& steps, const std::string& path) {
    Series sent{"sent", "pt 7 ps 0.5 lc rgb '#1f77b4'", ""};
    Series again{"sent again", "pt 6 ps 0.9 lc rgb '#ff7f0e'", ""};
    Series lost{"lost", "pt 2 ps 0.9 lc rgb '#d62728'", ""};
    Series lost_ack{"ACK lost", "pt 2 ps 0.9 lc rgb '#2ca02c'", ""};
    Series acknowledged{"acknowledged", "pt 4 ps 0.6 lc rgb '#2ca02c'", ""};
    bool bytes = false;
    const std::int64_t start = steps.empty() ? 0 : steps.front().time();
    for (const TraceStep& step : steps) {
        const auto height = step.is_note() ? std::nullopt : height_of(step.record);
        if (!height) continue;
        const auto ms = [&](std::int64_t t) { return static_cast<double>(t - start) / 1e6; };
        if (is_content(step.record)) {
            bytes = bytes || step.record.find("offset") != nullptr;
            add_point((step.again ? again : sent).points, ms(step.time()), *height);
            if (step.lost) add_point(lost.points, ms(step.time()), *height);
        } else {
            // When the sender of the content hears of it.
            add_point((step.lost ? lost_ack : acknowledged).points,
                      ms(step.received.value_or(step.time())), *height);
        }
    }
    if (sent.points.empty()) return "";

    std::string script = "set terminal svg size 760,420 background 'white'\nset output " +
                         quoted(path) + "\nset xlabel 'time (ms)'\nset ylabel '" +
                         (bytes ? "offset (bytes)" : "sequence number") +
                         "'\nset key left top reverse Left\nset grid\n";
    std::string plots;
    for (const Series* series : {&sent, &acknowledged, &again, &lost, &lost_ack}) {
        if (series->points.empty()) continue;
        plots += (plots.empty() ? "plot '-'" : ", '-'") + std::string(" with points ") +
                 series->style + " title '" + series->title + "'";
    }
    script += plots + "\n";
    for (const Series* series : {&sent, &acknowledged, &again, &lost, &lost_ack}) {
        if (!series->points.empty()) script += series->points + "e\n";
    }
    return script;
}

}  // namespace netlab
