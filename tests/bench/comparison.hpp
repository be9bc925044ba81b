// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "common/time.hpp"

namespace netlab::bench {

// How much per second, of whatever is compared.
using Rate = std::function<double()>;

inline double per_second(double amount, TimePoint start) {
    return amount / to_seconds(Clock::now() - start);
}

struct Side {
    std::string name;
    Rate rate;
};

inline constexpr int kRounds = 5;

// Measures both in turns, kRounds times, and prints a row of the table: the medians, and the median
// of the ratios of each round, since the machine's speed drifts. A side that throws is told in its
// row.
void compare(const std::string& what, const std::string& unit, const Side& ours, const Side& other,
             double goal);

void print_table_head();

}  // namespace netlab::bench
