// SPDX-License-Identifier: MIT
#include "common/byte_queue.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace netlab::testing {
namespace {

std::string content(const ByteQueue& queue) {
    return std::string(as_text(queue.data()));
}

TEST(ByteQueue, GivesOutAtTheFrontWhatWasPutInAtTheEnd) {
    ByteQueue queue;
    EXPECT_TRUE(queue.empty());
    queue.append(as_bytes("hello "));
    queue.append(as_bytes(""));
    queue.append(as_bytes("world"));
    EXPECT_EQ(content(queue), "hello world");
    queue.consume(6);
    EXPECT_EQ(content(queue), "world");
    EXPECT_EQ(queue.size(), 5U);
    queue.consume(5);
    EXPECT_TRUE(queue.empty());
}

TEST(ByteQueue, KeepsOnlyWhatIsCommittedOfTheRoomItGave) {
    ByteQueue queue;
    const MutableBytes room = queue.prepare(100);
    ASSERT_EQ(room.size(), 100U);
    std::memcpy(room.data(), "abc", 3);
    queue.commit(3);
    EXPECT_EQ(content(queue), "abc");
}

TEST(ByteQueue, HoldsTheSameAsAStringWhateverComesAndGoes) {
    std::mt19937 random(1);
    ByteQueue queue;
    std::string expected;
    for (int round = 0; round < 5000; ++round) {
        if (random() % 2 == 0) {
            const std::string piece(random() % 300, static_cast<char>('a' + round % 26));
            queue.append(as_bytes(piece));
            expected += piece;
        } else {
            const std::size_t count = random() % (expected.size() + 1);
            queue.consume(count);
            expected.erase(0, count);
        }
        ASSERT_EQ(content(queue), expected);
    }
}

TEST(ByteQueue, UsesItsMemoryAgainSoThatAStreamDoesNotGrowIt) {
    ByteQueue queue;
    queue.append(as_bytes(std::string(1000, 'x')));
    std::set<const std::byte*> places;
    for (int i = 0; i < 100'000; ++i) {  // 100 MB pass through; 1 to 2 KB are in it
        queue.append(as_bytes(std::string(1000, 'y')));
        queue.consume(1000);
        places.insert(queue.data().data());
    }
    EXPECT_LT(places.size(), 10U);
    EXPECT_EQ(queue.size(), 1000U);
}

}  // namespace
}  // namespace netlab::testing
