// SPDX-License-Identifier: MIT
#include "common/time.hpp"

#include <cstdio>

namespace netlab {

std::string show_duration(Duration d) {
    char text[32];
    const double s = to_seconds(d);
    if (s < 1) {
        std::snprintf(text, sizeof text, "%.4g ms", s * 1000);
    } else {
        std::snprintf(text, sizeof text, s < 10000 ? "%.4g s" : "%.0f s", s);
    }
    return text;
}

}  // namespace netlab
