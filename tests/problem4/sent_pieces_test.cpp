// SPDX-License-Identifier: MIT
#include "problem4/sent_pieces.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace netlab::problem4 {
namespace {

// Pieces 0..4: 0..99, 100..299, 300..599, 600..999, 1000..1499.
SentPieces five() {
    SentPieces pieces;
    for (const std::uint64_t length : {100U, 200U, 300U, 400U, 500U}) pieces.add(length);
    return pieces;
}

std::vector<std::uint64_t> take_wanted(SentPieces& pieces) {
    std::vector<std::uint64_t> numbers;
    while (const auto piece = pieces.next_wanted()) {
        numbers.push_back(piece->number);
        pieces.on_resent();
    }
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

TEST(SentPieces, GoAgainAsTheyWentWithNumberAndBoundaries) {
    SentPieces pieces = five();
    pieces.want({600, 400});
    const auto piece = pieces.next_wanted();
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->number, 3U);
    EXPECT_EQ(piece->range, (ByteRange{600, 400}));
}

TEST(SentPieces, GoAgainWhereARangeTouchesThem) {
    SentPieces pieces = five();
    pieces.want({299, 302});
    EXPECT_EQ(take_wanted(pieces), (Numbers{1, 2, 3}));
    pieces.want({299, 1});
    EXPECT_EQ(take_wanted(pieces), (Numbers{1}));
    pieces.want({300, 1});
    EXPECT_EQ(take_wanted(pieces), (Numbers{2}));
}

TEST(SentPieces, GoAgainLowestFirstAndOnceHoweverOftenTheyAreWanted) {
    SentPieces pieces = five();
    pieces.want({1000, 500});
    pieces.want({0, 1});
    pieces.want({1400, 50});
    EXPECT_EQ(take_wanted(pieces), (Numbers{0, 4}));
    EXPECT_FALSE(pieces.next_wanted());
}

TEST(SentPieces, IgnoreWhatWasNeverSent) {
    SentPieces pieces = five();
    pieces.want({1500, 100});
    pieces.want({INT64_MAX - 1, 1});
    EXPECT_FALSE(pieces.next_wanted());
    pieces.want({1499, 4'000'000'000});
    EXPECT_EQ(take_wanted(pieces), (Numbers{4}));
}

TEST(SentPieces, AreForgottenOnceTheyHaveArrivedWhole) {
    SentPieces pieces = five();
    pieces.want({0, 1500});
    pieces.forget_before(599);
    EXPECT_EQ(pieces.kept(), 3U);
    pieces.forget_before(600);
    EXPECT_EQ(pieces.kept(), 2U);
    pieces.want({0, 700});
    EXPECT_EQ(take_wanted(pieces), (Numbers{3, 4}));
    pieces.forget_before(1500);
    pieces.want({0, 1500});
    EXPECT_FALSE(pieces.next_wanted());
    EXPECT_EQ(pieces.count(), 5U);
    EXPECT_EQ(pieces.end(), 1500U);
    EXPECT_EQ(pieces.add(10), 5U);
}

}  // namespace
}  // namespace netlab::problem4
