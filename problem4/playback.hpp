// SPDX-License-Identifier: MIT
#pragma once

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

    void start(TimePoint now);

    // To be told at least ten times a second: what the player has taken from its pipe, and whether
    // there is more for it to take at once.
    void observe(std::uint64_t consumed, bool supplied, TimePoint now);

    // How often it has run dry. A player that reads ahead as fast as it can finds its pipe empty
    // all the time: that counts only if it has played all that it took, or, in media of unknown
    // duration, if it gets nothing for a while.
    [[nodiscard]] int starvations() const noexcept { return starvations_; }

    // What has been taken, as a time; zero if the duration is unknown.
    [[nodiscard]] Duration position() const noexcept;

    // How long the rest takes at most, if all of it is there; not too short for a paused player.
    [[nodiscard]] Duration remaining() const noexcept;

  private:
    [[nodiscard]] bool runs_dry(bool supplied, TimePoint now) const noexcept;

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
