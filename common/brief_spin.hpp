// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "common/time.hpp"

namespace netlab {

// Looks again and again for a moment before its owner sleeps: what a peer on another processor
// answers at once is there before the kernel could have woken anybody. If answers don't come so
// soon (one processor for both ends, a network between them), it ends for good.
class BriefSpin {
  public:
    static constexpr Duration kLongest = std::chrono::microseconds(20);
    static constexpr int kMaxFailures = 30;
    static constexpr int kTolerated = 32;  // so many successes make up for a failure

    // True as soon as `ready()` is; false after kLongest.
    template <typename Ready>
    [[nodiscard]] bool until(Ready ready) {
        if (balance_ <= -kMaxFailures * kTolerated) return false;
        const TimePoint end = Clock::now() + kLongest;
        do {
            if (ready()) {
                balance_ = std::min(balance_ + 1, 0);
                return true;
            }
        } while (Clock::now() < end);
        balance_ -= kTolerated;
        return false;
    }

  private:
    int balance_ = 0;
};

}  // namespace netlab
