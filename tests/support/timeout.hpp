// SPDX-License-Identifier: MIT
#pragma once

#include "common/time.hpp"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NETLAB_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NETLAB_SANITIZED 1
#endif

namespace netlab::testing {

// Every timeout that tests/support takes is multiplied by this.
#ifdef NETLAB_SANITIZED
inline constexpr int kSlowdown = 4;
#else
inline constexpr int kSlowdown = 1;
#endif

// How long a test waits for what must come: reached only if the test fails anyway, and long
// enough for a busy machine.
inline constexpr Duration kPatience = seconds(20);

// When a wait of `timeout` that begins now is over.
inline TimePoint give_up_after(Duration timeout) {
    return deadline_in(timeout * kSlowdown);
}

}  // namespace netlab::testing
