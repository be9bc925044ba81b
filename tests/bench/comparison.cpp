// SPDX-License-Identifier: MIT
#include "tests/bench/comparison.hpp"
#include "common/screen.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/io.hpp"

namespace netlab::bench {

namespace {

std::string digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value >= 1000 ? "%.0f" : "%.3g", value);
    return text;
}

std::string digits_of_ratio(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

// "median (least..most)"
std::string spread(std::vector<double> values, std::string (*show)(double)) {
    std::ranges::sort(values);
    return "**" + show(values[values.size() / 2]) + "** (" + show(values.front()) + ".." +
           show(values.back()) + ")";
}

}  // namespace

Table::Table() {
    print_out(
        "| what | cores | unit | this suite | limit or peer | ratio | goal |\n"
        "|---|---|---|---|---|---|---|\n");
}

void Table::compare(const Row& row) {
    std::vector<double> mine;
    std::vector<double> theirs;
    std::vector<double> ratios;
    for (int round = 0; round < row.rounds; ++round) {
        mine.push_back(row.ours());
        if (!row.other.rate) continue;
        theirs.push_back(row.other.rate());
        ratios.push_back(mine.back() / theirs.back());
    }
    const std::string other = theirs.empty() ? "– | –"
                                             : row.other.name + ": " + spread(theirs, digits) +
                                                   " | " + spread(ratios, digits_of_ratio);
    print_out("| " + row.what + (row.remark ? row.remark() : "") + " | " + row.cores.name + " | " +
              row.unit + " | " + spread(mine, digits) + " | " + other + " | " + row.goal + " |\n");
}

void Table::attempt(const std::string& what, const std::function<void()>& measure) {
    try {
        measure();
    } catch (const NotAvailable& missing) {
        notes_ += "- " + what + ": " + missing.what() + "\n";
    } catch (const std::exception& error) {
        notes_ += "- " + what + ": failed: " + error.what() + "\n";
        good_ = false;
    }
}

bool Table::print_notes() const {
    if (!notes_.empty()) print_out("\nNot measured:\n\n" + notes_);
    return good_;
}

}  // namespace netlab::bench
