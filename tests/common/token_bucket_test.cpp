// SPDX-License-Identifier: MIT
#include "common/token_bucket.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

constexpr Duration kRounding = std::chrono::nanoseconds(2);

TEST(TokenBucket, GivesItsBurstAtOnce) {
    TokenBucket bucket(1000, 500, kStart);
    EXPECT_EQ(bucket.ready_at(500, kStart), kStart);
    bucket.take(200, kStart);
    EXPECT_EQ(bucket.ready_at(300, kStart), kStart);
    EXPECT_GT(bucket.ready_at(301, kStart), kStart);
}

TEST(TokenBucket, MakesWaitForTheRest) {
    TokenBucket bucket(1000, 500, kStart);
    bucket.take(500, kStart);
    const TimePoint ready = bucket.ready_at(100, kStart);
    EXPECT_GE(ready, kStart + milliseconds(100));
    EXPECT_LE(ready, kStart + milliseconds(100) + kRounding);
    EXPECT_EQ(bucket.ready_at(0, kStart), kStart);
}

TEST(TokenBucket, SavesUpNoMoreThanItsBurst) {
    TokenBucket bucket(1000, 500, kStart);
    bucket.take(500, kStart);
    const TimePoint later = kStart + seconds(3600);
    EXPECT_EQ(bucket.ready_at(500, later), later);
    bucket.take(500, later);
    EXPECT_GE(bucket.ready_at(1, later), later + milliseconds(1));
}

TEST(TokenBucket, LetsAnAmountOverItsBurstGoFromAFullBucketAndLeavesADebt) {
    TokenBucket bucket(1000, 500, kStart);
    EXPECT_EQ(bucket.ready_at(2000, kStart), kStart);
    bucket.take(2000, kStart);
    const TimePoint ready = bucket.ready_at(100, kStart);  // 1500 of debt, then 100
    EXPECT_GE(ready, kStart + milliseconds(1600));
    EXPECT_LE(ready, kStart + milliseconds(1600) + kRounding);
    EXPECT_GE(bucket.ready_at(2000, kStart), kStart + milliseconds(2000));  // full again
}

TEST(TokenBucket, IsReadyWhenItSaidItWouldBe) {
    constexpr std::uint64_t kSeed = 7;
    std::mt19937_64 random(kSeed);
    for (const double rate : {1e3, 3e4, 1e6, 1.25e8, 1e10}) {
        TokenBucket bucket(rate, 65536, kStart);
        TimePoint now = kStart;
        for (int i = 0; i < 1000; ++i) {
            const auto amount = static_cast<double>(random() % 100'000);
            now = bucket.ready_at(amount, now);
            ASSERT_EQ(bucket.ready_at(amount, now), now) << "rate " << rate << ", step " << i;
            bucket.take(amount, now);
        }
    }
}

TEST(TokenBucket, KeepsTheRateOverALongTime) {
    constexpr double kRate = 1e6;
    constexpr double kBurst = 3000;
    TokenBucket bucket(kRate, kBurst, kStart);
    TimePoint now = kStart;
    double sent = 0;
    while (now < kStart + seconds(10)) {
        now = bucket.ready_at(1500, now);
        bucket.take(1500, now);
        sent += 1500;
    }
    EXPECT_NEAR(sent, kRate * to_seconds(now - kStart) + kBurst, 2);
}

TEST(TokenBucket, GoesOnEvenlyHoweverOftenItIsAsked) {
    TokenBucket asked_often(1000, 500, kStart);
    TokenBucket asked_once(1000, 500, kStart);
    asked_often.take(500, kStart);
    asked_once.take(500, kStart);
    TimePoint ready{};
    for (int i = 0; i < 1000; ++i) {
        ready = asked_often.ready_at(300, kStart + i * std::chrono::microseconds(100));
    }
    const TimePoint now = kStart + 999 * std::chrono::microseconds(100);
    EXPECT_LE(std::chrono::abs(ready - asked_once.ready_at(300, now)), kRounding);
}

}  // namespace
}  // namespace netlab::testing
