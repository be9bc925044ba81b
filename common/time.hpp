// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdio>
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
inline std::string show_duration(Duration d) {
    char text[32];
    const double s = to_seconds(d);
    const char* const format = s < 1 ? "%.4g ms" : s < 10000 ? "%.4g s" : "%.0f s";
    std::snprintf(text, sizeof text, format, s < 1 ? s * 1000 : s);
    return text;
}

}  // namespace netlab
