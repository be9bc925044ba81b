// SPDX-License-Identifier: MIT
#include "problem4/playback.hpp"

#include <algorithm>

namespace netlab::problem4 {

namespace {

constexpr Duration kPauseAfter = seconds(1);  // takes nothing for so long, though there is some
constexpr Duration kReadAhead = milliseconds(500);  // that every player has
constexpr double kMinRate = 4000;                   // bytes a second, if the duration is unknown

}  // namespace

void Playback::start(TimePoint now) {
    observed_ = changed_ = supplied_ = now;
}

void Playback::observe(std::uint64_t consumed, bool supplied, TimePoint now) {
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

bool Playback::runs_dry(bool supplied, TimePoint now) const noexcept {
    if (supplied) return false;
    if (duration_ == Duration{}) return now - supplied_ > kReadAhead;
    return position() <= played_;
}

Duration Playback::position() const noexcept {
    if (size_ == 0) return {};
    const double share = static_cast<double>(consumed_) / static_cast<double>(size_);
    return from_seconds(share * to_seconds(duration_));
}

Duration Playback::remaining() const noexcept {
    const Duration longest =
        duration_ != Duration{} ? duration_ : from_seconds(static_cast<double>(size_) / kMinRate);
    return std::max(Duration{}, longest - played_);
}

}  // namespace netlab::problem4
