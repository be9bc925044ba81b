// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "problem1/datagram_upload.hpp"

namespace netlab::problem1 {
namespace {

using Ranges = std::vector<ChunkRange>;

TEST(ChunkSet, OfAnEmptyFileIsCompleteFromTheStart) {
    const ChunkSet set(0);
    EXPECT_TRUE(set.complete());
    EXPECT_EQ(set.missing(), Ranges{});
}

TEST(ChunkSet, NamesEverythingAsMissingBeforeTheFirstChunk) {
    const ChunkSet set(200);
    EXPECT_FALSE(set.complete());
    EXPECT_EQ(set.missing(), (Ranges{{1, 200}}));
}

TEST(ChunkSet, NamesHolesAtTheFrontTheMiddleAndTheEnd) {
    ChunkSet set(10);
    for (const std::uint64_t number : {2U, 3U, 6U, 7U, 9U}) EXPECT_TRUE(set.insert(number));
    EXPECT_EQ(set.missing(), (Ranges{{1, 1}, {4, 5}, {8, 8}, {10, 10}}));
    EXPECT_EQ(set.missing(2), (Ranges{{1, 1}, {4, 5}}));
    EXPECT_EQ(set.missing(0), Ranges{});
}

TEST(ChunkSet, CountsADuplicateOnce) {
    ChunkSet set(3);
    EXPECT_TRUE(set.insert(2));
    EXPECT_FALSE(set.insert(2));
    EXPECT_EQ(set.arrived(), 1U);
}

TEST(ChunkSet, KeepsAFileOf2To62ChunksInOrderAsOneRun) {
    ChunkSet set(std::uint64_t{1} << 62);
    for (std::uint64_t number = 1; number <= 1000; ++number) EXPECT_TRUE(set.insert(number));
    EXPECT_EQ(set.missing(), (Ranges{{1001, std::uint64_t{1} << 62}}));
}

TEST(ChunkSet, AgreesWithAPlainSetForAnyOrderOfArrival) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        std::vector<std::uint64_t> numbers(60);
        std::iota(numbers.begin(), numbers.end(), 1);
        std::shuffle(numbers.begin(), numbers.end(), random);
        numbers.resize(45);
        numbers.insert(numbers.end(), numbers.begin(), numbers.begin() + 10);

        ChunkSet set(60);
        std::set<std::uint64_t> plain;
        for (const std::uint64_t number : numbers) {
            EXPECT_EQ(set.insert(number), plain.insert(number).second);
        }
        std::uint64_t missing = 0;
        for (const ChunkRange& range : set.missing()) {
            for (auto number = range.first; number <= range.last; ++number, ++missing) {
                EXPECT_FALSE(plain.contains(number)) << number;
            }
        }
        EXPECT_EQ(missing + plain.size(), 60U);
        EXPECT_EQ(set.arrived(), plain.size());
    }
}

}  // namespace
}  // namespace netlab::problem1
