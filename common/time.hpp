// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace netlab {

// Every deadline, timer and measurement in the suite is on the steady clock: setting the wall clock
// must not fire or freeze a retransmission timer.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr TimePoint kNever = TimePoint::max();

inline TimePoint deadline_in(Duration wait) {
    return Clock::now() + wait;
}

inline double to_seconds(Duration d) {
    return std::chrono::duration<double>(d).count();
}

inline Duration from_seconds(double s) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

// "250 ms", "1.5 s": for messages.
std::string show_duration(Duration d);

}  // namespace netlab
