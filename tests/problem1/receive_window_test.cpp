// SPDX-License-Identifier: MIT
#include "problem1/receive_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace netlab::problem1 {
namespace {

using Arrival = ReceiveWindow::Arrival;

struct Receiver {
    // Of a file of `size` bytes, the chunks from `first` on.
    Receiver(std::uint64_t size, std::uint32_t capacity, std::uint32_t chunk_size = 1,
             std::uint64_t first = 1)
        : window(StartInfo{.file_size = size,
                           .chunk_count = FixedChunks(size, chunk_size).count(),
                           .chunk_size = chunk_size,
                           .window = capacity,
                           .name = "f"},
                 first),
          first_offset((first - 1) * chunk_size) {}

    ReceiveWindow window;
    std::uint64_t first_offset;
    std::string delivered{};

    Arrival accept(std::uint64_t number, std::string_view text) {
        return window.on_chunk(number, as_bytes(text), [this](Bytes bytes, std::uint64_t offset) {
            EXPECT_EQ(offset, first_offset + delivered.size());
            delivered += as_text(bytes);
        });
    }
};

TEST(ReceiveWindow, DeliversInOrderWhatArrivesInOrder) {
    Receiver receiver(99, 1);
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "ab");
}

TEST(ReceiveWindow, HoldsEarlyChunksUntilTheGapIsFilled) {
    Receiver receiver(99, 4);
    EXPECT_EQ(receiver.accept(3, "c"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "");
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "abc");
}

TEST(ReceiveWindow, DropsDuplicatesOfDeliveredAndOfWaitingChunks) {
    Receiver receiver(99, 4);
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(1, "X"), Arrival::duplicate);
    EXPECT_EQ(receiver.accept(3, "c"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(3, "X"), Arrival::duplicate);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "abc");
}

TEST(ReceiveWindow, RefusesWhatLiesBeyondTheWindow) {
    Receiver receiver(99, 2, 1, 5);
    EXPECT_EQ(receiver.accept(7, "x"), Arrival::beyond_window);
    EXPECT_EQ(receiver.accept(UINT64_MAX, "x"), Arrival::beyond_window);
    EXPECT_EQ(receiver.accept(6, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(5, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "ab");
}

TEST(ReceiveWindow, PutsAnyShuffleWithDuplicatesBackInOrder) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        std::string order = "abcdefghijklmnopabcdefghijklmnop";
        std::shuffle(order.begin(), order.end(), random);
        Receiver receiver(99, 16);
        for (const char letter : order) {
            receiver.accept(static_cast<std::uint64_t>(letter - 'a' + 1), std::string(1, letter));
        }
        EXPECT_EQ(receiver.delivered, "abcdefghijklmnop");
    }
}

TEST(ReceiveWindow, DeliversALastChunkThatIsShorterAndCameEarly) {
    Receiver receiver(9, 3, 4);
    receiver.accept(3, "c");
    receiver.accept(2, "bbbb");
    receiver.accept(1, "aaaa");
    EXPECT_EQ(receiver.delivered, "aaaabbbbc");
    EXPECT_TRUE(receiver.window.complete());
}

TEST(ReceiveWindow, OfAnEmptyFileIsCompleteAndTakesNothing) {
    Receiver receiver(0, 16, 100);
    EXPECT_TRUE(receiver.window.complete());
    EXPECT_EQ(receiver.accept(1, "x"), Arrival::beyond_window);
}

}  // namespace
}  // namespace netlab::problem1
