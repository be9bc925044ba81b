// SPDX-License-Identifier: MIT
#include "common/brief_spin.hpp"

#include <gtest/gtest.h>

namespace netlab {
namespace {

TEST(BriefSpin, EndsAsSoonAsWhatItWaitsForIsThere) {
    BriefSpin spin;
    int looks = 0;
    EXPECT_TRUE(spin.until([&] { return ++looks == 1; }));
    EXPECT_EQ(looks, 1);
}

// Not in each call: on a busy machine another program may run before the first look.
TEST(BriefSpin, LooksMoreThanOnceAndEnds) {
    int looks = 0;
    while (looks < 2) {
        looks = 0;
        BriefSpin spin;
        EXPECT_FALSE(spin.until([&] { return ++looks < 0; }));
    }
}

// Counts the calls of `count` that have looked; every `period`th is in vain.
int calls_that_look(BriefSpin& spin, int count, int period) {
    int looked = 0;
    for (int call = 0; call < count; ++call) {
        bool looks = false;
        static_cast<void>(spin.until([&] {
            looks = true;
            return call % period != 0;
        }));
        looked += looks ? 1 : 0;
    }
    return looked;
}

TEST(BriefSpin, RestsIfOneTimeInFourIsInVainAndTriesAgainLater) {
    BriefSpin spin;
    constexpr int kTurn = 8 * BriefSpin::kMaxFailures;
    EXPECT_LT(calls_that_look(spin, kTurn, 4), kTurn);
    EXPECT_EQ(calls_that_look(spin, BriefSpin::kRest / 2, 4), 0);
    EXPECT_GT(calls_that_look(spin, BriefSpin::kRest, 4), 0);
}

// Found late counts as in vain: on a busy machine that may happen often, though not each time.
TEST(BriefSpin, GoesOnIfItIsSeldomInVain) {
    constexpr int kCalls = 20 * BriefSpin::kTolerated;
    int looked = 0;
    while (looked < kCalls) {
        BriefSpin spin;
        looked = calls_that_look(spin, kCalls, 2 * BriefSpin::kTolerated);
    }
    EXPECT_EQ(looked, kCalls);
}

}  // namespace
}  // namespace netlab
