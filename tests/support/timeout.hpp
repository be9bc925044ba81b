// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h>

#include "common/time.hpp"

namespace netlab::testing {

// True if what is under test runs with a sanitizer, several times slower and larger: this
// executable (CMake defines NETLAB_SANITIZED), or the programs that it starts ($SUITE_SANITIZED).
inline bool sanitized() {
#ifdef NETLAB_SANITIZED
    return true;
#else
    return ::getenv("SUITE_SANITIZED") != nullptr;
#endif
}

// Every timeout that tests/support takes is multiplied by this.
inline int slowdown() {
    return sanitized() ? 4 : 1;
}

// How long a test waits for what must come: reached only if the test fails anyway, and long
// enough for a busy machine.
inline constexpr Duration kPatience = seconds(20);

// When a wait of `timeout` that begins now is over.
inline TimePoint give_up_after(Duration timeout) {
    return deadline_in(timeout * slowdown());
}

}  // namespace netlab::testing
