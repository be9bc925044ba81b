// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

#include "common/time.hpp"

namespace netlab {

// The retransmission timeout of RFC 6298: smoothed round-trip time plus four times its variation,
// within 20 ms..5 s. (The RFC's floor of 1 s is meant for the open internet; this lab's networks
// are short, and students wait for every timeout.)
class RttEstimator {
  public:
    static constexpr Duration kMin = milliseconds(20);
    static constexpr Duration kMax = seconds(5);

    explicit RttEstimator(Duration initial_timeout)
        : timeout_(std::clamp(initial_timeout, kMin, kMax)) {}

    // What was sent only once was acknowledged after `round_trip`. Ends a back-off. Never call it
    // for what was sent again: nobody can tell which copy was answered (Karn's algorithm, RFC 6298
    // section 3).
    void add_sample(Duration round_trip) {
        if (first_) {  // RFC 6298 (2.2)
            smoothed_ = round_trip;
            variation_ = round_trip / 2;
            first_ = false;
        } else {  // (2.3): the gains are 1/8 and 1/4
            variation_ += (std::chrono::abs(smoothed_ - round_trip) - variation_) / 4;
            smoothed_ += (round_trip - smoothed_) / 8;
        }
        timeout_ = std::clamp(smoothed_ + 4 * variation_, kMin, kMax);
    }

    // The timer has fired: the timeout doubles, and stays so until the next sample, also for what
    // is sent for the first time (RFC 6298, 5.5..5.7). A path that has turned slow would otherwise
    // carry everything twice for ever, since what is sent twice gives no sample.
    void back_off() { timeout_ = std::min(2 * timeout_, kMax); }

    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    [[nodiscard]] Duration smoothed() const noexcept { return smoothed_; }

  private:
    Duration timeout_;
    Duration smoothed_{};
    Duration variation_{};
    bool first_ = true;
};

}  // namespace netlab
