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
    for (int expected = 1; expected <= 3; ++expected) EXPECT_EQ(queue.pop(), expected);
    EXPECT_EQ(queue.pop(TimePoint{}), 0) << "no wait beyond the deadline";
}

TEST(BlockingQueue, WaitsForAnItemOfAnotherThread) {
    BlockingQueue<int> queue;
    std::thread other([&] {
        for (int item = 1; item <= 1000; ++item) queue.push(item);
    });
    for (int expected = 1; expected <= 1000; ++expected) EXPECT_EQ(queue.pop(), expected);
    other.join();
}

}  // namespace
}  // namespace netlab::problem1
