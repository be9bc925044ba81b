// SPDX-License-Identifier: MIT
#include "common/recent_map.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

TEST(RecentMap, RemembersTheLastFew) {
    RecentMap<int, std::string> recent(2);
    recent.remember(1, "one", kStart);
    recent.remember(2, "two", kStart);
    recent.remember(3, "three", kStart);
    EXPECT_EQ(recent.find(1, kStart), nullptr);
    ASSERT_NE(recent.find(2, kStart), nullptr);
    EXPECT_EQ(*recent.find(3, kStart), "three");
}

TEST(RecentMap, ForgetsWhatIsTooOld) {
    RecentMap<int, int> recent(10, seconds(5));
    recent.remember(1, 10, kStart);
    recent.remember(2, 20, kStart + seconds(1));
    EXPECT_NE(recent.find(1, kStart + seconds(5) - Duration{1}), nullptr);
    EXPECT_EQ(recent.find(1, kStart + seconds(5)), nullptr);
    EXPECT_NE(recent.find(2, kStart + seconds(5)), nullptr);
}

TEST(RecentMap, CountsTheAgeFromTheLastTimeThatSomethingWasRemembered) {
    RecentMap<int, int> recent(10, seconds(5));
    recent.remember(1, 10, kStart);
    recent.remember(1, 11, kStart + seconds(3));
    ASSERT_NE(recent.find(1, kStart + seconds(7)), nullptr);
    EXPECT_EQ(*recent.find(1, kStart + seconds(7)), 11);
    EXPECT_EQ(recent.find(1, kStart + seconds(8)), nullptr);
}

}  // namespace
}  // namespace netlab::testing
