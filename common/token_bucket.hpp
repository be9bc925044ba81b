// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "common/time.hpp"

namespace netlab {

// Paces a sender: tokens (bytes, usually) flow in at `rate` a second, and at most `burst` of them
// are saved up. Pure: the time is passed in. Not thread-safe.
class TokenBucket {
  public:
    TokenBucket(double rate, double burst, TimePoint now)
        : rate_(rate), burst_(burst), tokens_(burst), updated_(now) {}

    // When `amount` may be taken. An amount larger than the burst may be taken from a full bucket,
    // and leaves a debt.
    [[nodiscard]] TimePoint ready_at(double amount, TimePoint now) {
        refill(now);
        const double missing = std::min(amount, burst_) - tokens_;
        // Rounded up, and with some slack: at the time that is returned there must be enough.
        return missing <= kSlack ? now : now + from_seconds(missing / rate_) + Duration{1};
    }

    void take(double amount, TimePoint now) {
        refill(now);
        tokens_ -= amount;
    }

  private:
    static constexpr double kSlack = 1e-3;

    void refill(TimePoint now) {
        tokens_ = std::min(burst_, tokens_ + rate_ * to_seconds(now - updated_));
        updated_ = now;
    }

    double rate_;
    double burst_;
    double tokens_;
    TimePoint updated_;
};

}  // namespace netlab
