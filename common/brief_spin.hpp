// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <algorithm>
#include <chrono>

#include "common/time.hpp"

namespace netlab {

// Looks again and again for a moment before its owner sleeps: a peer that answers at once does so
// sooner than the kernel can put this process to sleep and wake it again. A ping-pong over two
// processors runs four times as fast, and over one that both ends share a tenth faster: there it
// yields first, since the answer cannot be there yet. If answers do not come so soon (a network or
// a user between them, a busy processor), it rests.
class BriefSpin {
  public:
    static constexpr Duration kLongest = std::chrono::microseconds(50);
    static constexpr int kMaxFailures = 30;
    static constexpr int kTolerated = 32;  // this many successes make up for a failure
    static constexpr int kRest = 4096;     // calls

    // True as soon as `ready()` is; false after kLongest.
    template <typename Ready>
    [[nodiscard]] bool until(Ready ready) {
        if (resting_ > 0) {
            --resting_;
            return false;
        }
        const TimePoint end = Clock::now() + kLongest;
        bool found = false;
        bool soon = true;
        while (!found && soon) {
            ::sched_yield();  // the peer may need this processor for its answer
            found = ready();
            soon = Clock::now() < end;
        }
        balance_ = soon ? std::min(balance_ + 1, 0) : balance_ - kTolerated;
        if (balance_ <= -kMaxFailures * kTolerated) {
            balance_ = 0;
            resting_ = kRest;
        }
        return found;
    }

  private:
    int balance_ = 0;
    int resting_ = 0;
};

}  // namespace netlab
