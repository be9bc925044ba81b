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
    ReceiveWindow window;
    std::string delivered{};

    Arrival accept(std::uint64_t number, std::string_view text) {
        return window.on_chunk(number, as_bytes(text),
                               [this](Bytes bytes) { delivered += as_text(bytes); });
    }
};

TEST(ReceiveWindow, DeliversInOrderWhatArrivesInOrder) {
    Receiver receiver{ReceiveWindow(1, 99, 1, 1)};
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "ab");
}

TEST(ReceiveWindow, HoldsEarlyChunksUntilTheGapIsFilled) {
    Receiver receiver{ReceiveWindow(1, 99, 4, 1)};
    EXPECT_EQ(receiver.accept(3, "c"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "");
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "abc");
    EXPECT_EQ(receiver.window.next(), 4U);
}

TEST(ReceiveWindow, DropsDuplicatesOfDeliveredAndOfWaitingChunks) {
    Receiver receiver{ReceiveWindow(1, 99, 4, 1)};
    EXPECT_EQ(receiver.accept(1, "a"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(1, "X"), Arrival::duplicate);
    EXPECT_EQ(receiver.accept(3, "c"), Arrival::fresh);
    EXPECT_EQ(receiver.accept(3, "X"), Arrival::duplicate);
    EXPECT_EQ(receiver.accept(2, "b"), Arrival::fresh);
    EXPECT_EQ(receiver.delivered, "abc");
}

TEST(ReceiveWindow, RefusesWhatLiesBeyondTheWindow) {
    Receiver receiver{ReceiveWindow(5, 99, 2, 1)};
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
        Receiver receiver{ReceiveWindow(1, 99, 16, 1)};
        for (const char letter : order) {
            receiver.accept(static_cast<std::uint64_t>(letter - 'a' + 1), std::string(1, letter));
        }
        EXPECT_EQ(receiver.delivered, "abcdefghijklmnop");
    }
}

TEST(ReceiveWindow, DeliversALastChunkThatIsShorterAndCameEarly) {
    Receiver receiver{ReceiveWindow(1, 3, 3, 4)};
    receiver.accept(3, "c");
    receiver.accept(2, "bbbb");
    receiver.accept(1, "aaaa");
    EXPECT_EQ(receiver.delivered, "aaaabbbbc");
    EXPECT_TRUE(receiver.window.complete());
}

TEST(ReceiveWindow, OfAnEmptyFileIsCompleteAndTakesNothing) {
    Receiver receiver{ReceiveWindow(1, 0, 16, 100)};
    EXPECT_TRUE(receiver.window.complete());
    EXPECT_EQ(receiver.accept(1, "x"), Arrival::beyond_window);
}

}  // namespace
}  // namespace netlab::problem1
