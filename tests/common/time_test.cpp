// SPDX-License-Identifier: MIT
#include "common/time.hpp"

#include <gtest/gtest.h>

namespace netlab::testing {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

TEST(ShowDuration, ReadsAsAPersonWouldWriteIt) {
    EXPECT_EQ(show_duration(Duration{}), "0 ms");
    EXPECT_EQ(show_duration(microseconds(500)), "0.5 ms");
    EXPECT_EQ(show_duration(milliseconds(250)), "250 ms");
    EXPECT_EQ(show_duration(milliseconds(999)), "999 ms");
    EXPECT_EQ(show_duration(seconds(1)), "1 s");
    EXPECT_EQ(show_duration(milliseconds(1500)), "1.5 s");
    EXPECT_EQ(show_duration(seconds(90)), "90 s");
}

TEST(ShowDuration, NeedsNoPowersOfTenForALongTime) {
    EXPECT_EQ(show_duration(hours(3)), "10800 s");
    EXPECT_EQ(show_duration(hours(24 * 365)), "31536000 s");
}

TEST(Seconds, ConvertBothWays) {
    EXPECT_DOUBLE_EQ(to_seconds(milliseconds(1500)), 1.5);
    EXPECT_EQ(from_seconds(1.5), milliseconds(1500));
    EXPECT_EQ(from_seconds(0), Duration{});
    EXPECT_EQ(from_seconds(-0.25), milliseconds(-250));
}

TEST(DeadlineIn, LiesAheadByTheWait) {
    const TimePoint before = Clock::now();
    const TimePoint deadline = deadline_in(seconds(5));
    EXPECT_GE(deadline, before + seconds(5));
    EXPECT_LE(deadline, Clock::now() + seconds(5));
    EXPECT_LT(deadline_in(seconds(1'000'000'000)), kNever);
}

}  // namespace
}  // namespace netlab::testing
