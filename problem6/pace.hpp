// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "common/token_bucket.hpp"

namespace netlab::problem6 {

// When a member may say more: at most 8 MiB/s after a burst of 1 MiB, since more would fill the
// others' outboxes faster than they can read, and not while others do not keep up. Pure. Asked with
// the same `now`, may_go_on() and next_deadline() never leave it asleep with nothing to wake it.
class Pace {
  public:
    explicit Pace(TimePoint now) : allowance_(kRate, kBurst, now) {}

    // It has said lines of so many bytes. `more`: there may be others that it could say at once.
    void on_said(std::size_t bytes, bool more, bool congested, TimePoint now) {
        allowance_.take(static_cast<double>(bytes), now);
        more_ = more;
        again_ = std::max(allowance_.ready_at(1, now), congested ? now + kCongestionPause : now);
    }
    void stop() { again_ = kNever; }

    [[nodiscard]] bool may_go_on(TimePoint now) const { return now >= again_; }

    // Lines that wait for their turn are taken when something is sent to the client, not before.
    [[nodiscard]] TimePoint next_deadline(TimePoint now) const {
        return more_ || now < again_ ? again_ : kNever;
    }

  private:
    static constexpr double kRate = 8 * 1024 * 1024;
    static constexpr double kBurst = 1024 * 1024;
    static constexpr Duration kCongestionPause = milliseconds(1);

    TokenBucket allowance_;
    TimePoint again_{};
    bool more_ = false;
};

}  // namespace netlab::problem6
