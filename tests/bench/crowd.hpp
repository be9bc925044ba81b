// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/bench/cores.hpp"

namespace netlab::bench {

struct CrowdLoad {
    double server = 0;     // percent of a core: its processor time for each second of the clip
    std::size_t late = 0;  // clients that have failed, or whose player had to wait for over 100 ms
};

// Problem 4: the streaming server and so many clients of a clip of `length` seconds that plays at
// `rate` bytes a second. They begin one after the other, over a quarter of the length of the clip.
CrowdLoad stream_to_crowd(const Cores& cores, std::size_t count, std::uint32_t rate, int length);

}  // namespace netlab::bench
