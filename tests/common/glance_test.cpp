// SPDX-License-Identifier: MIT
#include "common/glance.hpp"

#include <gtest/gtest.h>

namespace netlab {
namespace {

TEST(Glance, FindsWhatIsThere) {
    Glance glance;
    EXPECT_TRUE(glance.finds([] { return true; }));
}

TEST(Glance, LooksAFewTimesAndGivesUp) {
    Glance glance;
    int looks = 0;
    EXPECT_FALSE(glance.finds([&] { return ++looks > 1000; }));
    EXPECT_GT(looks, 1);
}

TEST(Glance, LetsNobodyWaitForEver) {
    Glance glance;
    int found = 0;
    while (glance.finds([] { return true; })) ASSERT_LT(++found, 100);
}

TEST(Glance, RestsWhereALookTakesLong) {
    Glance glance;
    int looks = 0;
    const auto look = [&] {
        ++looks;
        const TimePoint end = deadline_in(milliseconds(2));
        while (Clock::now() < end) continue;
        return true;
    };
    EXPECT_TRUE(glance.finds(look));
    for (int i = 0; i < 14; ++i) EXPECT_FALSE(glance.finds(look));
    EXPECT_EQ(looks, 1);
    for (int i = 0; i < 100 && looks == 1; ++i) static_cast<void>(glance.finds(look));
    EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace netlab
