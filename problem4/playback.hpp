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
    Playback(std::uint64_t size, Duration duration) : size_(size), duration_(duration) {}

    [[nodiscard]] Duration duration() const noexcept { return duration_; }

    void start(TimePoint now) { observed_ = changed_ = supplied_ = now; }

    // To be told at least ten times a second: what the player has taken from its pipe, and whether
    // there is more for it to take at once.
    void observe(std::uint64_t consumed, bool supplied, TimePoint now) {
        if (consumed != consumed_) changed_ = now;
        consumed_ = consumed;
        if (supplied) supplied_ = now;

        const bool dry = runs_dry(supplied, now);
        if (dry && !starving_) ++starvations_;
        starving_ = dry;

        const bool paused = supplied && now - changed_ > kPauseAfter;
        if (!dry && !paused) played_ += now - observed_;
        observed_ = now;
    }

    // How often it has run dry. A player that reads ahead as fast as it can finds its pipe empty
    // all the time: that counts only if it has played all that it took, or, in media of unknown
    // duration, if it gets nothing for a while.
    [[nodiscard]] int starvations() const noexcept { return starvations_; }

    // How long the rest takes at most, if all of it is there; not too short for a paused player.
    [[nodiscard]] Duration remaining() const noexcept {
        const Duration longest = duration_ != Duration{}
                                     ? duration_
                                     : from_seconds(static_cast<double>(size_) / kMinRate);
        return std::max(Duration{}, longest - played_);
    }

  private:
    static constexpr Duration kPauseAfter = seconds(1);        // without taking what there is
    static constexpr Duration kReadAhead = milliseconds(500);  // that every player has
    static constexpr double kMinRate = 4000;  // bytes a second, if the duration is unknown

    [[nodiscard]] bool runs_dry(bool supplied, TimePoint now) const noexcept {
        if (supplied) return false;
        if (duration_ == Duration{}) return now - supplied_ > kReadAhead;
        const double share = static_cast<double>(consumed_) / static_cast<double>(size_);
        return from_seconds(share * to_seconds(duration_)) <= played_;
    }

    std::uint64_t size_;
    Duration duration_;
    TimePoint observed_{};
    TimePoint changed_{};   // when consumed_ did
    TimePoint supplied_{};  // when there was something to take, last
    std::uint64_t consumed_ = 0;
    Duration played_{};  // at most
    bool starving_ = false;
    int starvations_ = 0;
};

}  // namespace netlab::problem4
