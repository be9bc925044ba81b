// SPDX-License-Identifier: MIT
//
// What the client can tell of its player, and of the network: no clock, no player.
#include "problem4/playback.hpp"

#include <gtest/gtest.h>

#include "problem4/jitter_estimator.hpp"

namespace netlab::problem4 {
namespace {

using std::chrono::microseconds;

// A player of 10 s of media in 100 000 bytes: 1000 bytes are 100 ms.
class PlaybackTest : public ::testing::Test {
  protected:
    PlaybackTest() { playback_.start(now_); }

    // For `time`, the player takes `rate` bytes a second.
    void play(Duration time, double rate, bool supplied = true) {
        constexpr Duration kStep = milliseconds(50);
        for (Duration passed{}; passed < time; passed += kStep) {
            now_ += kStep;
            consumed_ += rate * to_seconds(kStep);
            playback_.observe(static_cast<std::uint64_t>(consumed_), supplied, now_);
        }
    }

    Playback playback_{100'000, seconds(10)};
    TimePoint now_ = TimePoint{} + seconds(100);
    double consumed_ = 0;
};

TEST_F(PlaybackTest, KnowsHowLongTheRestTakes) {
    play(seconds(4), 10'000);
    EXPECT_NEAR(to_seconds(playback_.remaining()), 6, 1e-6);
    EXPECT_EQ(playback_.starvations(), 0);
}

TEST_F(PlaybackTest, CountsAStarvationOnceUntilItIsOver) {
    play(seconds(2), 10'000);
    play(seconds(1), 0, false);
    EXPECT_EQ(playback_.starvations(), 1);
    play(seconds(1), 20'000);
    EXPECT_EQ(playback_.starvations(), 1);
    EXPECT_NEAR(to_seconds(playback_.remaining()), 7, 1e-6) << "3 s of play in 4 s";
    play(seconds(2), 0, false);
    EXPECT_EQ(playback_.starvations(), 2);
}

TEST_F(PlaybackTest, AnEmptyPipeIsNoStarvationWhereThePlayerHasReadAhead) {
    play(seconds(1), 50'000);  // 5 s of media
    play(milliseconds(3'950), 0, false);
    EXPECT_EQ(playback_.starvations(), 0);
    play(milliseconds(100), 0, false);
    EXPECT_EQ(playback_.starvations(), 1);
}

TEST_F(PlaybackTest, WithoutADurationTheWaitDecides) {
    playback_ = Playback(100'000, Duration{});
    playback_.start(now_);
    play(seconds(1), 10'000);
    play(milliseconds(500), 0, false);
    EXPECT_EQ(playback_.starvations(), 0);
    play(milliseconds(100), 0, false);
    EXPECT_EQ(playback_.starvations(), 1);
}

TEST_F(PlaybackTest, APausedPlayerKeepsItsRemainingTime) {
    play(seconds(2), 10'000);
    play(seconds(60), 0);
    EXPECT_EQ(playback_.starvations(), 0);
    EXPECT_NEAR(to_seconds(playback_.remaining()), 8, 1e-6);
}

TEST(Jitter, IsZeroWhereAllDatagramsTakeTheSameTime) {
    JitterEstimator jitter;
    TimePoint now{seconds(5)};
    for (std::uint32_t sent = 0xFFFFF000; sent != 0x1000; sent += 0x100) {
        jitter.add_sample(sent, now);  // also where the sender's clock wraps
        now += microseconds(0x100);
    }
    EXPECT_EQ(jitter.jitter(), Duration{});
}

TEST(Jitter, GainsASixteenthOfEachDeviation) {
    JitterEstimator jitter;
    const TimePoint start{seconds(5)};
    jitter.add_sample(1'000, start);
    jitter.add_sample(2'000, start + microseconds(1'000 + 1'600));
    EXPECT_EQ(jitter.jitter(), microseconds(100));
    jitter.add_sample(3'000, start + microseconds(2'000 + 1'600));
    EXPECT_EQ(jitter.jitter(), std::chrono::nanoseconds(93'750));
}

TEST(Jitter, CountsDatagramsThatOvertookEachOther) {
    JitterEstimator jitter;
    const TimePoint start{seconds(5)};
    jitter.add_sample(2'000, start);
    jitter.add_sample(1'000, start + microseconds(600));  // 1.6 ms later than expected
    EXPECT_EQ(jitter.jitter(), microseconds(100));
}

}  // namespace
}  // namespace netlab::problem4
