// SPDX-License-Identifier: MIT
#include "problem1/blocking_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace netlab::problem1 {
namespace {

TEST(BlockingQueue, GivesItemsInOrderButThoseInFrontFirst) {
    BlockingQueue<int> queue;
    queue.push(2);
    queue.push(3);
    queue.push_front(1);
    for (int expected = 1; expected <= 3; ++expected) EXPECT_EQ(queue.pop(kNever), expected);
    EXPECT_FALSE(queue.pop(TimePoint{})) << "no wait beyond the deadline";
}

TEST(BlockingQueue, WaitsForAnItemOfAnotherThreadAndGivesAllBeforeItsEnd) {
    BlockingQueue<int> queue;
    std::thread other([&] {
        for (int item = 1; item <= 1000; ++item) queue.push(item);
        queue.close();
    });
    for (int expected = 1; expected <= 1000; ++expected) EXPECT_EQ(queue.pop(kNever), expected);
    EXPECT_FALSE(queue.pop(kNever));
    EXPECT_TRUE(queue.closed());
    other.join();
}

}  // namespace
}  // namespace netlab::problem1
