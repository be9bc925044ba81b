// SPDX-License-Identifier: MIT
#include "common/brief_spin.hpp"

#include <gtest/gtest.h>

namespace netlab {
namespace {

TEST(BriefSpin, EndsAsSoonAsWhatItWaitsForIsThere) {
    BriefSpin spin;
    int looks = 0;
    EXPECT_TRUE(spin.until([&] { return ++looks == 3; }));
    EXPECT_EQ(looks, 3);
}

// On one processor each failure costs a round of stop-and-wait three times its time.
TEST(BriefSpin, GivesUpForGoodIfOneTimeInFourIsInVain) {
    BriefSpin spin;
    int spins = 0;
    for (bool looked = true; looked && spins < 1000; ++spins) {
        looked = false;
        static_cast<void>(spin.until([&] {
            looked = true;
            return spins % 4 != 0;
        }));
    }
    EXPECT_LT(spins, 4 * 2 * BriefSpin::kMaxFailures);
}

TEST(BriefSpin, GoesOnIfItIsSeldomInVain) {
    BriefSpin spin;
    for (int i = 0; i < 100 * BriefSpin::kTolerated; ++i) {
        const bool in_vain = i % (2 * BriefSpin::kTolerated) == 0;
        EXPECT_EQ(spin.until([&] { return !in_vain; }), !in_vain);
    }
}

}  // namespace
}  // namespace netlab
