// SPDX-License-Identifier: MIT
#include "common/retransmit.hpp"

#include <gtest/gtest.h>

namespace netlab::testing {
namespace {

TEST(RttEstimator, StartsWithTheInitialTimeout) {
    EXPECT_EQ(RttEstimator(seconds(1)).timeout(), seconds(1));
    EXPECT_EQ(RttEstimator(milliseconds(1)).timeout(), milliseconds(20));
    EXPECT_EQ(RttEstimator(seconds(60)).timeout(), seconds(5));
    EXPECT_EQ(RttEstimator(seconds(1)).smoothed(), Duration{});
}

TEST(RttEstimator, TakesTheFirstSampleAsRfc6298Says) {
    RttEstimator rtt(seconds(1));
    rtt.add_sample(milliseconds(100));
    EXPECT_EQ(rtt.smoothed(), milliseconds(100));
    EXPECT_EQ(rtt.timeout(), milliseconds(300));  // 100 + 4 * 50
}

TEST(RttEstimator, TakesFurtherSamplesAsRfc6298Says) {
    using std::chrono::microseconds;
    RttEstimator rtt(seconds(1));
    rtt.add_sample(milliseconds(100));  // smoothed 100, variation 50
    rtt.add_sample(milliseconds(180));  // variation 50 + (80 - 50) / 4 = 57.5, smoothed 110
    EXPECT_EQ(rtt.smoothed(), milliseconds(110));
    EXPECT_EQ(rtt.timeout(), milliseconds(340));
    rtt.add_sample(milliseconds(30));  // variation 57.5 + (80 - 57.5) / 4 = 63.125, smoothed 100
    EXPECT_EQ(rtt.smoothed(), milliseconds(100));
    EXPECT_EQ(rtt.timeout(), microseconds(352'500));
}

TEST(RttEstimator, ApproachesASteadyRoundTrip) {
    RttEstimator rtt(seconds(1));
    rtt.add_sample(milliseconds(500));
    for (int i = 0; i < 100; ++i) rtt.add_sample(milliseconds(40));
    EXPECT_NEAR(to_seconds(rtt.smoothed()), 0.040, 0.001);
    EXPECT_NEAR(to_seconds(rtt.timeout()), 0.040, 0.002);
}

TEST(RttEstimator, NeverGoesUnderTwentyMilliseconds) {
    RttEstimator rtt(seconds(1));
    for (int i = 0; i < 100; ++i) rtt.add_sample(Duration{});
    EXPECT_EQ(rtt.timeout(), milliseconds(20));
    rtt.back_off();
    EXPECT_EQ(rtt.timeout(), milliseconds(40));
}

TEST(RttEstimator, NeverGoesOverFiveSeconds) {
    RttEstimator rtt(seconds(1));
    for (int i = 0; i < 100; ++i) rtt.add_sample(i % 2 == 0 ? seconds(3600) : seconds(0));
    EXPECT_EQ(rtt.timeout(), seconds(5));
    rtt.back_off();
    EXPECT_EQ(rtt.timeout(), seconds(5));
}

TEST(RttEstimator, StaysBackedOffUntilTheNextSample) {
    RttEstimator rtt(milliseconds(300));
    rtt.add_sample(milliseconds(100));
    for (const int expected : {600, 1200, 2400, 4800, 5000, 5000}) {
        rtt.back_off();
        EXPECT_EQ(rtt.timeout(), milliseconds(expected));
    }
    rtt.add_sample(milliseconds(100));
    EXPECT_LT(rtt.timeout(), milliseconds(300));
}

}  // namespace
}  // namespace netlab::testing
