// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace netlab::problem4 {

// The interarrival jitter of RFC 3550, section 6.4.1: how much the transit time of datagrams
// varies, smoothed. The clocks of the two machines need not agree, since only differences count.
class JitterEstimator {
  public:
    // `sent_us` is the sender's clock in microseconds modulo 2^32, as in the datagram.
    void add_sample(std::uint32_t sent_us, TimePoint arrived) {
        if (arrived_ != TimePoint{}) {
            // Modulo 2^32, and then with a sign: datagrams may overtake each other.
            const auto sent_apart = static_cast<std::int32_t>(sent_us - sent_us_);
            const Duration difference = arrived - arrived_ - std::chrono::microseconds(sent_apart);
            jitter_ += (std::chrono::abs(difference) - jitter_) / 16;
        }
        sent_us_ = sent_us;
        arrived_ = arrived;
    }

    [[nodiscard]] Duration jitter() const noexcept { return jitter_; }

  private:
    std::uint32_t sent_us_ = 0;
    TimePoint arrived_{};  // TimePoint{}: none has
    Duration jitter_{};
};

}  // namespace netlab::problem4
