// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"

namespace netlab::problem2 {

// When one download began and ended, since the start of the program.
struct Timing {
    std::string name;
    Duration started{};
    std::optional<Duration> first_byte;  // nullopt if nothing came
    Duration finished{};
    std::uint64_t bytes = 0;
    bool complete = false;
};

// A table with a line for each download, and a drawing of them side by side: '.' is waiting, '#' is
// receiving.
//
// file        started  first byte  finished        bytes
// long.bin    0.000 s     0.001 s   6.011 s       300000  |########################|
// short.bin   1.000 s     1.001 s   1.001 s         1000  |    #                   |
//
// Pure.
std::string timetable(const std::vector<Timing>& timings);

}  // namespace netlab::problem2
