// SPDX-License-Identifier: MIT
#include "common/trace.hpp"

#include <cstdio>
#include "common/io.hpp"

namespace netlab {

void Tracer::line(const char* arrow, std::string_view message) const noexcept {
    if (!on_) return;
    char head[48];
    std::snprintf(head, sizeof head, "%12.3f ms  %s ", to_seconds(Clock::now() - start_) * 1000,
                  arrow);
    print_error({head, message, "\n"});
}

}  // namespace netlab
