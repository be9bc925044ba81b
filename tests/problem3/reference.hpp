// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

// What the calculator should say, found in another way than it goes itself: on paper, digit by
// digit, with numbers as decimal strings and without a multiplication or division of the machine.

namespace netlab::testing {

struct Sum {
    std::int64_t left;
    char operation;
    std::int64_t right;
};

std::string to_line(const Sum& sum);  // "12 + 30"
std::string reference_answer(const Sum& sum);

// Every operation on every pair of numbers at the edges (0, -1, the ends of the range, 2^53 + 1,
// ...), and random ones of all sizes up to `count` in all. The same for the same seed.
std::vector<Sum> edge_and_random_sums(std::size_t count, std::uint64_t seed);

// Lines that are no expression, with the answer that each should get.
struct BadLine {
    std::string line;
    std::string answer;
};
const std::vector<BadLine>& bad_lines();

}  // namespace netlab::testing
