// SPDX-License-Identifier: MIT
#include "common/retransmit.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

constexpr Duration kTick{1};

struct SendWindowTest : ::testing::Test {
    RttEstimator rtt{milliseconds(200)};
    SendWindow window{1, 4, rtt};

    void send(int count, TimePoint now = kStart) {
        for (int i = 0; i < count; ++i) window.on_sent(now);
    }
    std::vector<std::uint64_t> expired(TimePoint now) {
        std::vector<std::uint64_t> numbers;
        for (const auto& one : window.take_expired(now)) numbers.push_back(one.number);
        return numbers;
    }
};
using Numbers = std::vector<std::uint64_t>;

TEST_F(SendWindowTest, IsFullAtItsCapacityAndEmptyWhenAllIsAcknowledged) {
    EXPECT_TRUE(window.empty());
    EXPECT_FALSE(window.full());
    EXPECT_EQ(window.next(), 1u);
    EXPECT_EQ(window.next_timeout(), kNever);

    send(3);
    EXPECT_FALSE(window.full());
    send(1);
    EXPECT_TRUE(window.full());
    EXPECT_EQ(window.next(), 5u);

    for (const std::uint64_t n : {1u, 2u, 3u, 4u}) EXPECT_TRUE(window.on_acknowledged(n, kStart));
    EXPECT_TRUE(window.empty());
    EXPECT_EQ(window.next_timeout(), kNever);
    EXPECT_EQ(expired(kStart + seconds(100)), Numbers{});
}

TEST_F(SendWindowTest, OpensOnlyWhenItsOldestChunkIsAcknowledged) {
    send(4);
    EXPECT_TRUE(window.on_acknowledged(3, kStart));
    EXPECT_TRUE(window.on_acknowledged(2, kStart));
    EXPECT_TRUE(window.full());
    EXPECT_TRUE(window.on_acknowledged(1, kStart));
    EXPECT_FALSE(window.full());
    send(3);  // 5, 6, 7: the first three slots again
    EXPECT_TRUE(window.full());
}

TEST_F(SendWindowTest, IsSilentUntilTheTimeoutAndResendsAtIt) {
    send(1);
    EXPECT_EQ(window.next_timeout(), kStart + milliseconds(200));
    EXPECT_EQ(expired(kStart + milliseconds(200) - kTick), Numbers{});
    const auto fired = window.take_expired(kStart + milliseconds(200));
    ASSERT_EQ(fired.size(), 1u);
    EXPECT_EQ(fired[0].number, 1u);
    EXPECT_EQ(fired[0].retransmissions, 0);
    EXPECT_EQ(fired[0].waited, milliseconds(200));
    EXPECT_EQ(expired(kStart + milliseconds(200)), Numbers{});  // once each time
}

TEST_F(SendWindowTest, DoublesTheTimeoutAfterEachLoss) {
    send(1);
    TimePoint now = kStart;
    int retransmissions = 0;
    for (const int wait : {200, 400, 800, 1600, 3200, 5000, 5000}) {
        EXPECT_EQ(window.next_timeout(), now + milliseconds(wait));
        EXPECT_EQ(expired(now + milliseconds(wait) - kTick), Numbers{});
        now += milliseconds(wait);
        const auto fired = window.take_expired(now);
        ASSERT_EQ(fired.size(), 1u);
        EXPECT_EQ(fired[0].retransmissions, retransmissions++);
        EXPECT_EQ(fired[0].waited, milliseconds(wait));
    }
}

TEST_F(SendWindowTest, GivesEachChunkItsOwnTimer) {
    send(1);
    send(1, kStart + milliseconds(50));
    send(1, kStart + milliseconds(100));
    EXPECT_EQ(expired(kStart + milliseconds(200)), Numbers{1});
    // Backed off for all of them: 400 ms after each was sent.
    EXPECT_EQ(expired(kStart + milliseconds(450) - kTick), Numbers{});
    EXPECT_EQ(expired(kStart + milliseconds(450)), Numbers{2});
    EXPECT_EQ(expired(kStart + milliseconds(500)), Numbers{3});
}

TEST_F(SendWindowTest, BacksOffOnceForAllThatWasInFlightTogether) {
    send(1);
    send(1, kStart + milliseconds(50));
    EXPECT_EQ(expired(kStart + milliseconds(200)), Numbers{1});
    EXPECT_EQ(rtt.timeout(), milliseconds(400));
    EXPECT_EQ(expired(kStart + milliseconds(450)), Numbers{2});
    EXPECT_EQ(rtt.timeout(), milliseconds(400)) << "sent before the first loss was known";
    EXPECT_EQ(expired(kStart + milliseconds(600)), Numbers{1});
    EXPECT_EQ(rtt.timeout(), milliseconds(800)) << "sent after it";
}

TEST_F(SendWindowTest, SendsNewChunksWithTheTimeoutThatIsBackedOff) {
    send(1);
    EXPECT_EQ(expired(kStart + milliseconds(200)), Numbers{1});
    EXPECT_TRUE(window.on_acknowledged(1, kStart + milliseconds(250)));  // no sample (Karn)
    send(1, kStart + milliseconds(250));
    EXPECT_EQ(window.next_timeout(), kStart + milliseconds(650));
    EXPECT_TRUE(window.on_acknowledged(2, kStart + milliseconds(300)));  // a clean one
    EXPECT_EQ(rtt.timeout(), milliseconds(150));
}

TEST_F(SendWindowTest, ResendsAllThatHasExpiredInOrder) {
    send(4);
    window.on_acknowledged(2, kStart);
    EXPECT_EQ(expired(kStart + seconds(1)), (Numbers{1, 3, 4}));
}

TEST_F(SendWindowTest, IsNeverToldTooLateWhenATimerFires) {
    send(4);
    window.on_acknowledged(1, kStart + milliseconds(10));  // whose timer was the next
    EXPECT_LE(window.next_timeout(), kStart + milliseconds(200));
    EXPECT_EQ(expired(window.next_timeout() - kTick), Numbers{});
}

TEST_F(SendWindowTest, IgnoresDuplicateAndStrayAcknowledgements) {
    send(3);
    EXPECT_TRUE(window.on_acknowledged(2, kStart + milliseconds(80)));
    const Duration smoothed = rtt.smoothed();
    for (const std::uint64_t n : {std::uint64_t{2}, std::uint64_t{0}, std::uint64_t{4},
                                  std::uint64_t{5}, std::uint64_t{6}, UINT64_MAX}) {
        EXPECT_FALSE(window.on_acknowledged(n, kStart + seconds(3))) << n;
    }
    EXPECT_TRUE(window.on_acknowledged(1, kStart + milliseconds(80)));
    EXPECT_FALSE(window.on_acknowledged(1, kStart + seconds(3)));  // left the window
    EXPECT_EQ(rtt.smoothed(), smoothed);
    EXPECT_EQ(window.next(), 4u);
    EXPECT_FALSE(window.empty());
}

TEST_F(SendWindowTest, SamplesTheRoundTripOfAChunkSentOnce) {
    send(1);
    window.on_acknowledged(1, kStart + milliseconds(100));
    EXPECT_EQ(rtt.smoothed(), milliseconds(100));
    EXPECT_EQ(rtt.timeout(), milliseconds(300));
    send(1, kStart + seconds(1));
    EXPECT_EQ(window.next_timeout(), kStart + seconds(1) + milliseconds(300));
}

TEST_F(SendWindowTest, TakesNoSampleFromAChunkThatWasSentAgain) {
    send(2);
    EXPECT_EQ(expired(kStart + milliseconds(200)), (Numbers{1, 2}));
    EXPECT_TRUE(window.on_acknowledged(1, kStart + milliseconds(201)));
    EXPECT_TRUE(window.on_acknowledged(2, kStart + seconds(4)));
    EXPECT_EQ(rtt.smoothed(), Duration{});
    EXPECT_EQ(rtt.timeout(), milliseconds(400)) << "still backed off";

    send(1, kStart + seconds(5));  // in a slot whose chunk was sent again: counts afresh
    EXPECT_TRUE(window.on_acknowledged(3, kStart + seconds(5) + milliseconds(60)));
    EXPECT_EQ(rtt.smoothed(), milliseconds(60));
}

TEST_F(SendWindowTest, GoesRoundItsRingWithoutMixingChunksUp) {
    std::set<std::uint64_t> in_flight;
    TimePoint now = kStart;
    std::uint64_t oldest = 1;
    while (window.next() <= 1000) {
        now += milliseconds(1);
        while (!window.full()) {
            in_flight.insert(window.next());
            window.on_sent(now);
        }
        // The second oldest, then the oldest.
        if (in_flight.contains(oldest + 1)) {
            ASSERT_TRUE(window.on_acknowledged(oldest + 1, now + milliseconds(1)));
            in_flight.erase(oldest + 1);
        }
        ASSERT_TRUE(window.on_acknowledged(oldest, now + milliseconds(1)));
        ASSERT_FALSE(window.on_acknowledged(oldest, now + milliseconds(1)));
        in_flight.erase(oldest);
        oldest = in_flight.empty() ? window.next() : *in_flight.begin();
        ASSERT_EQ(window.empty(), in_flight.empty());
        ASSERT_EQ(window.full(), window.next() - oldest == 4);
    }
    EXPECT_EQ(expired(now + seconds(10)), Numbers(in_flight.begin(), in_flight.end()));
}

TEST(SendWindow, OfOneChunkIsStopAndWait) {
    RttEstimator rtt(milliseconds(200));
    SendWindow window(1, 1, rtt);
    for (std::uint64_t n = 1; n <= 10; ++n) {
        EXPECT_EQ(window.next(), n);
        window.on_sent(kStart);
        EXPECT_TRUE(window.full());
        EXPECT_TRUE(window.on_acknowledged(n, kStart + milliseconds(1)));
        EXPECT_TRUE(window.empty());
    }
}

TEST(SendWindow, WorksUpToTheLargestNumbers) {
    RttEstimator rtt(milliseconds(200));
    SendWindow window(UINT64_MAX - 9, 3, rtt);
    while (window.next() < UINT64_MAX) {
        const std::uint64_t oldest = window.next();
        for (int i = 0; i < 3; ++i) window.on_sent(kStart);
        EXPECT_TRUE(window.full());
        EXPECT_EQ(window.take_expired(kStart + seconds(1)).size(), 3u);
        for (const std::uint64_t n : {oldest + 2, oldest, oldest + 1}) {
            EXPECT_TRUE(window.on_acknowledged(n, kStart + seconds(1)));
            EXPECT_FALSE(window.on_acknowledged(n, kStart + seconds(1)));
        }
        EXPECT_TRUE(window.empty());
        EXPECT_FALSE(window.on_acknowledged(UINT64_MAX, kStart + seconds(1)));
    }
}

}  // namespace
}  // namespace netlab::testing
