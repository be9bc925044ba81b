// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/time.hpp"

namespace netlab::problem4 {

// How the player is doing, as far as its pipe tells: where it is, whether it has run dry, and how
// long it can still take. Pure: the time is passed in. Not thread-safe.
class Playback {
  public:
    // A `duration` of zero is unknown.
    Playback(std::uint64_t size, Duration duration)
        : size_(static_cast<double>(size)),
          duration_(duration),
          rate_(duration == Duration{} ? kMinRate : size_ / to_seconds(duration)) {}

    [[nodiscard]] Duration duration() const noexcept { return duration_; }

    void start(TimePoint now) { started_ = observed_ = supplied_ = now; }
    [[nodiscard]] TimePoint started() const noexcept { return started_; }  // TimePoint{}: not yet

    // To be told at least ten times a second: what the player has taken from its pipe, and whether
    // there is more for it to take at once.
    void observe(std::uint64_t consumed, bool supplied, TimePoint now) {
        if (started_ == TimePoint{}) return;
        const Duration taken = from_seconds(static_cast<double>(consumed) / rate_);
        played_ = std::min(taken, played_ + (now - observed_));
        observed_ = now;
        if (supplied) supplied_ = now;

        const bool known = duration_ != Duration{};
        const bool dry = !supplied && (known ? played_ == taken : now - supplied_ > kReadAhead);
        if (dry && !starving_) ++starvations_;
        starving_ = dry;
    }

    // How often it has run dry. A player that reads ahead as fast as it can finds its pipe empty
    // all the time: that counts only if it has played all that it took, or, in media of unknown
    // duration, if it gets nothing for a while.
    [[nodiscard]] int starvations() const noexcept { return starvations_; }

    // How long the rest takes at most, once the player has been given all of it.
    [[nodiscard]] Duration remaining() const { return from_seconds(size_ / rate_) - played_; }

  private:
    static constexpr Duration kReadAhead = milliseconds(500);  // that every player has
    static constexpr double kMinRate = 4000;  // bytes a second, if the duration is unknown

    double size_;
    Duration duration_;
    double rate_;  // bytes a second, at least
    TimePoint started_{};
    TimePoint observed_{};
    TimePoint supplied_{};  // when there was something to take, last
    Duration played_{};     // at most
    bool starving_ = false;
    int starvations_ = 0;
};

}  // namespace netlab::problem4
