// SPDX-License-Identifier: MIT
#include "common/summary.hpp"

#include <gtest/gtest.h>

namespace netlab::testing {
namespace {

TEST(ShowBytes, TellsPowersOfTen) {
    EXPECT_EQ(show_bytes(0), "0 B");
    EXPECT_EQ(show_bytes(512), "512 B");
    EXPECT_EQ(show_bytes(999), "999 B");
    EXPECT_EQ(show_bytes(1000), "1 kB");
    EXPECT_EQ(show_bytes(20'500), "20.5 kB");
    EXPECT_EQ(show_bytes(64e6), "64 MB");
    EXPECT_EQ(show_bytes(3e12), "3 TB");
}

TEST(ShowBytes, ReadsAsItsHeaderSays) {
    EXPECT_EQ(show_bytes(1.5e9), "1.5 GB");
}

TEST(ShowRate, HasAUnitThatFitsAndThreeDigits) {
    EXPECT_EQ(show_rate(0, seconds(1)), "0 B/s");
    EXPECT_EQ(show_rate(40, milliseconds(500)), "80 B/s");
    EXPECT_EQ(show_rate(812, seconds(1)), "812 B/s");
    EXPECT_EQ(show_rate(12'400, seconds(1)), "12.4 kB/s");
    EXPECT_EQ(show_rate(98'100'000, seconds(1)), "98.1 MB/s");
    EXPECT_EQ(show_rate(1'210'000'000, seconds(1)), "1.21 GB/s");
    EXPECT_EQ(show_rate(5'000'000'000'000'000, seconds(1)), "5000 TB/s");
}

TEST(ShowRate, RoundsIntoTheNextUnit) {
    EXPECT_EQ(show_rate(999, seconds(1)), "999 B/s");
    EXPECT_EQ(show_rate(999'499, seconds(1)), "999 kB/s");
    EXPECT_EQ(show_rate(999'500, seconds(1)), "1.00 MB/s");
    EXPECT_EQ(show_rate(9'996, seconds(1)), "10.0 kB/s");
    EXPECT_EQ(show_rate(99'960, seconds(1)), "100 kB/s");
}

TEST(ShowRate, IsANumberEvenWhereNoTimeHasPassed) {
    EXPECT_EQ(show_rate(1000, Duration{}), "1.00 GB/s");
}

TEST(SummaryLine, TellsBytesChunksRepeatsTimeAndRate) {
    EXPECT_EQ((Summary{"sent f.bin", 20'000, 200, "41 retransmissions", milliseconds(213)}.line()),
              "sent f.bin: 20000 bytes in 200 chunks, 41 retransmissions, 0.213 s, 93.9 kB/s\n");
    EXPECT_EQ((Summary{"sent f.bin", 40, 1, "unconfirmed", milliseconds(50)}.line()),
              "sent f.bin: 40 bytes in 1 chunk, unconfirmed, 0.050 s, 800 B/s\n");
    EXPECT_EQ((Summary{"sent f.bin", 0, 0, "unconfirmed", {}}.line()),
              "sent f.bin: 0 bytes in 0 chunks, unconfirmed, 0.000 s, 0 B/s\n");
}

}  // namespace
}  // namespace netlab::testing
