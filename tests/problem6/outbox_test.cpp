// SPDX-License-Identifier: MIT
#include "problem6/outbox.hpp"

#include <gtest/gtest.h>

namespace netlab::problem6 {
namespace {

const TimePoint kStart{seconds(1000)};

// Takes up to `count` bytes, as a socket would.
std::string send(Outbox& outbox, std::size_t count, TimePoint now = kStart) {
    std::string bytes(as_text(outbox.next()).substr(0, count));
    outbox.sent(bytes.size(), now);
    return bytes;
}

TEST(Problem6Outbox, GathersLinesIntoOneSend) {
    Outbox outbox;
    outbox.push("one", kStart);
    outbox.push("two", kStart);
    EXPECT_EQ(as_text(outbox.next()), "one\ntwo\n");
}

TEST(Problem6Outbox, GoesOnWhereAPartialSendHasStopped) {
    Outbox outbox;
    outbox.push("one", kStart);
    EXPECT_EQ(send(outbox, 2), "on");
    outbox.push("two", kStart);
    EXPECT_EQ(send(outbox, 100), "e\n");
    EXPECT_EQ(send(outbox, 100), "two\n");
    EXPECT_TRUE(outbox.next().empty());
}

TEST(Problem6Outbox, OverflowsAtItsLimitAndTakesNothingMore) {
    Outbox outbox(10);
    outbox.push("12345", kStart);
    outbox.push("123", kStart);
    EXPECT_EQ(outbox.take_lost(), 0u);
    outbox.push("", kStart);
    EXPECT_EQ(send(outbox, 100), "12345\n123\n");
    outbox.push("x", kStart);
    EXPECT_TRUE(outbox.next().empty());
    EXPECT_EQ(outbox.take_lost(), 2u);
    outbox.push("y", kStart);
    EXPECT_EQ(send(outbox, 100), "y\n");
}

TEST(Problem6Outbox, KeepsExtraRoomForWhatMattersMore) {
    Outbox outbox(10);
    outbox.push("12345678", kStart);
    outbox.push("lost", kStart);
    outbox.push("kept", kStart, 5);
    EXPECT_EQ(outbox.take_lost(), 1u);
    EXPECT_EQ(send(outbox, 100), "12345678\nkept\n");
}

TEST(Problem6Outbox, CountsWhatIsBeingSentTowardsTheLimit) {
    Outbox outbox(10);
    outbox.push("12345678", kStart);
    static_cast<void>(outbox.next());
    outbox.push("12345678", kStart);
    EXPECT_EQ(outbox.take_lost(), 1u);
}

TEST(Problem6Outbox, TellsSinceWhenItIsBackedUp) {
    Outbox outbox(10);
    EXPECT_FALSE(outbox.push("1234", kStart));
    EXPECT_EQ(outbox.backed_up_since(), std::nullopt);
    EXPECT_TRUE(outbox.push("123", kStart + seconds(1)));
    EXPECT_EQ(outbox.backed_up_since(), kStart);
    send(outbox, 1, kStart + seconds(2));
    EXPECT_EQ(outbox.backed_up_since(), kStart + seconds(2));
    send(outbox, 5, kStart + seconds(3));
    EXPECT_EQ(outbox.backed_up_since(), std::nullopt);
}

TEST(Problem6Outbox, WakesAWaitOnceWhateverComesFirst) {
    Outbox outbox;
    const auto readable = [&] { return wait_readable(outbox.descriptor(), Clock::now()); };
    EXPECT_TRUE(outbox.begin_wait());
    EXPECT_FALSE(readable());
    outbox.push("line", kStart);
    EXPECT_FALSE(readable());
    outbox.wake();
    EXPECT_TRUE(readable());
    outbox.end_wait(true);
    EXPECT_FALSE(readable());
    EXPECT_FALSE(outbox.begin_wait());  // the line is there
    outbox.wake();
    EXPECT_FALSE(readable());
}

TEST(Problem6Outbox, WakesWhenItIsClosed) {
    Outbox outbox;
    EXPECT_TRUE(outbox.begin_wait());
    outbox.close();
    EXPECT_TRUE(wait_readable(outbox.descriptor(), Clock::now()));
    outbox.push("too late", kStart);
    EXPECT_TRUE(outbox.next().empty());
}

}  // namespace
}  // namespace netlab::problem6
