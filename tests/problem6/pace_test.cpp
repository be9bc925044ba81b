// SPDX-License-Identifier: MIT
#include "problem6/pace.hpp"

#include <gtest/gtest.h>

namespace netlab::problem6 {
namespace {

const TimePoint kStart{seconds(1000)};

TEST(Problem6Pace, ABurstIsFreeAndAfterItTheRateIsBounded) {
    Pace pace(kStart);
    pace.on_said(1024 * 1024, false, false, kStart);
    EXPECT_FALSE(pace.may_go_on(kStart));
    EXPECT_TRUE(pace.may_go_on(kStart + milliseconds(1)));
    pace.on_said(4 * 1024 * 1024, false, false, kStart + milliseconds(1));
    EXPECT_FALSE(pace.may_go_on(kStart + milliseconds(490)));
    EXPECT_TRUE(pace.may_go_on(kStart + milliseconds(510)));
}

TEST(Problem6Pace, WhoOthersDoNotKeepUpWithPauses) {
    Pace pace(kStart);
    pace.on_said(10, true, true, kStart);
    EXPECT_FALSE(pace.may_go_on(kStart));
    EXPECT_EQ(pace.next_deadline(kStart), kStart + milliseconds(1));
    EXPECT_TRUE(pace.may_go_on(kStart + milliseconds(1)));
}

TEST(Problem6Pace, MoreLinesAreTakenAtOnceAndNoneWakesNobody) {
    Pace pace(kStart);
    pace.on_said(10, true, false, kStart);
    EXPECT_LE(pace.next_deadline(kStart), kStart);
    pace.on_said(0, false, false, kStart);
    EXPECT_EQ(pace.next_deadline(kStart), kNever);
}

// At any moment: whoever may not go on has a time to wake at, and at that time it may.
TEST(Problem6Pace, NobodySleepsOnWithNothingToWakeIt) {
    for (const bool congested : {false, true}) {
        Pace pace(kStart);
        pace.on_said(1024 * 1024 + 100, false, congested, kStart);
        int held = 0;
        for (TimePoint now = kStart; now < kStart + milliseconds(2); now += Duration(97)) {
            if (pace.may_go_on(now)) continue;
            ++held;
            ASSERT_NE(pace.next_deadline(now), kNever);
            ASSERT_GT(pace.next_deadline(now), now);
            ASSERT_TRUE(pace.may_go_on(pace.next_deadline(now)));
        }
        EXPECT_GT(held, 10);
    }
}

}  // namespace
}  // namespace netlab::problem6
