// SPDX-License-Identifier: MIT
#include "tests/bench/comparison.hpp"
#include "common/screen.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

#include "common/io.hpp"

namespace netlab::bench {

namespace {

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::string digits(double value, const char* format = "%.3g") {
    char text[32];
    std::snprintf(text, sizeof text, value >= 1000 ? "%.0f" : format, value);
    return text;
}

}  // namespace

void print_table_head() {
    print_out(
        "| what | unit | this suite | limit or peer | ratio (worst..best) | goal |\n"
        "|---|---|---|---|---|---|\n");
}

void compare(const std::string& what, const std::string& unit, const Side& ours, const Side& other,
             double goal) {
    std::vector<double> mine;
    std::vector<double> theirs;
    std::vector<double> ratios;
    try {
        for (int round = 0; round < kRounds; ++round) {
            mine.push_back(ours.rate());
            theirs.push_back(other.rate());
            ratios.push_back(mine.back() / theirs.back());
        }
    } catch (const std::exception& error) {
        const std::string_view why = error.what();
        return print_out("| " + what + " | not measured: " +
                         std::string(why.substr(0, why.find('\n'))) + " | | | | |\n");
    }
    const auto [worst, best] = std::ranges::minmax(ratios);
    print_out("| " + what + " | " + unit + " | " + digits(median(mine)) + " | " + other.name +
              ": " + digits(median(theirs)) + " | **" + digits(median(ratios), "%.2f") + "** (" +
              digits(worst, "%.2f") + ".." + digits(best, "%.2f") + ") | " + digits(goal, "%.1f") +
              " |\n");
}

}  // namespace netlab::bench
