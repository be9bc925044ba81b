// SPDX-License-Identifier: MIT
#include "problem1/summary.hpp"

#include <algorithm>
#include <cstdio>

namespace netlab::problem1 {

std::string Summary::line() const {
    const double s = std::max(to_seconds(elapsed), 1e-6);
    char tail[64];
    std::snprintf(tail, sizeof tail, ", %.3f s, %.2f MB/s", s,
                  static_cast<double>(bytes) / 1e6 / s);
    return what + ": " + std::to_string(bytes) + " bytes in " + std::to_string(chunks) +
           " chunks, " + repeats + tail + "\n";
}

}  // namespace netlab::problem1
