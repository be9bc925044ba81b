// SPDX-License-Identifier: MIT
#include "common/chunking.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace netlab::testing {
namespace {

TEST(FixedChunks, CoverTheFileWithoutGapOrOverlap) {
    for (const std::uint32_t size : {1u, 2u, 99u, 100u, 60000u}) {
        for (const std::uint64_t file : {0u, 1u, 99u, 100u, 101u, 65535u, 65536u}) {
            const FixedChunks chunks(file, size);
            std::uint64_t end = 0;
            for (std::uint64_t n = 1; n <= chunks.count(); ++n) {
                const ByteRange range = chunks.range(n);
                ASSERT_EQ(range.offset, end);
                ASSERT_TRUE(n == chunks.count() ? range.length >= 1 && range.length <= size
                                                : range.length == size);
                end += range.length;
            }
            ASSERT_EQ(end, file) << "in chunks of " << size;
        }
    }
}

TEST(FixedChunks, CountFromOneAndLeaveTheRestToTheLast) {
    const FixedChunks chunks(250, 100);
    EXPECT_EQ(chunks.count(), 3u);
    EXPECT_EQ(chunks.range(1), (ByteRange{0, 100}));
    EXPECT_EQ(chunks.range(3), (ByteRange{200, 50}));
}

TEST(FixedChunks, OfAnEmptyFileAreNone) {
    EXPECT_EQ(FixedChunks(0, 100).count(), 0u);
}

TEST(FixedChunks, HoldForTheLargestFiles) {
    const FixedChunks ones(UINT64_MAX, 1);
    EXPECT_EQ(ones.count(), UINT64_MAX);
    EXPECT_EQ(ones.range(UINT64_MAX), (ByteRange{UINT64_MAX - 1, 1}));

    const FixedChunks hundreds(UINT64_MAX, 100);
    EXPECT_EQ(hundreds.count(), UINT64_MAX / 100 + 1);
    EXPECT_EQ(hundreds.range(hundreds.count()), (ByteRange{UINT64_MAX - 15, 15}));
    EXPECT_EQ(FixedChunks(UINT64_MAX, UINT32_MAX).count(), (std::uint64_t{1} << 32) + 1);
}

TEST(RandomChunks, StayInTheirRangeAndReachBothEnds) {
    RandomChunks chunks(1000, 1010, 7);
    std::array<int, 11> seen{};
    for (int i = 0; i < 11'000; ++i) {
        const std::uint32_t size = chunks.next(UINT64_MAX);
        ASSERT_GE(size, 1000u);
        ASSERT_LE(size, 1010u);
        ++seen.at(size - 1000);
    }
    for (const int count : seen) {
        EXPECT_GT(count, 800);  // 1000 each, plus or minus six deviations of 30
        EXPECT_LT(count, 1200);
    }
}

TEST(RandomChunks, AreTheSameForTheSameSeedAndOthersForAnother) {
    RandomChunks one(1000, 2000, 7);
    RandomChunks same(1000, 2000, 7);
    RandomChunks other(1000, 2000, 8);
    bool differ = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint32_t size = one.next(UINT64_MAX);
        EXPECT_EQ(same.next(UINT64_MAX), size);
        differ = differ || other.next(UINT64_MAX) != size;
    }
    EXPECT_TRUE(differ);
}

TEST(RandomChunks, NeverTakeMoreThanIsLeft) {
    RandomChunks chunks(1000, 2000, 7);
    EXPECT_EQ(chunks.next(999), 999u);
    EXPECT_EQ(chunks.next(1), 1u);
    EXPECT_EQ(chunks.next(0), 0u);
    RandomChunks huge(UINT32_MAX, UINT32_MAX, 7);
    EXPECT_EQ(huge.next(UINT64_MAX), UINT32_MAX);
    EXPECT_EQ(huge.next(std::uint64_t{1} << 32), UINT32_MAX);
}

}  // namespace
}  // namespace netlab::testing
