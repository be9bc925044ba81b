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

TEST(ShowBytes, HasThreeDigitsAndRoundsIntoTheNextUnit) {
    EXPECT_EQ(show_bytes(40.25), "40.2 B");
    EXPECT_EQ(show_bytes(999'499), "999 kB");
    EXPECT_EQ(show_bytes(999'500), "1 MB");
    EXPECT_EQ(show_bytes(1'214'000'000), "1.21 GB");
    EXPECT_EQ(show_bytes(9'996), "10 kB");
    EXPECT_EQ(show_bytes(5e15), "5 PB");
}

TEST(ShowCount, KnowsTheSingular) {
    EXPECT_EQ(show_count(0, "chunk"), "0 chunks");
    EXPECT_EQ(show_count(1, "chunk"), "1 chunk");
    EXPECT_EQ(show_count(2, "chunk"), "2 chunks");
}

TEST(TimeAndRate, AreNumbersEvenWhereNoTimeHasPassed) {
    EXPECT_EQ(time_and_rate(1000, Duration{}), "0.000 s, 1 GB/s");
    EXPECT_EQ(time_and_rate(40, milliseconds(500)), "0.500 s, 80 B/s");
}

TEST(SummaryLine, TellsBytesChunksRepeatsTimeAndRate) {
    EXPECT_EQ((Summary{"sent f.bin", 20'000, 200, "41 retransmissions", milliseconds(213)}.line()),
              "sent f.bin: 20000 bytes in 200 chunks, 41 retransmissions, 0.213 s, 93.9 kB/s\n");
    EXPECT_EQ((Summary{"sent f.bin", 1, 1, "unconfirmed", milliseconds(50)}.line()),
              "sent f.bin: 1 byte in 1 chunk, unconfirmed, 0.050 s, 20 B/s\n");
    EXPECT_EQ((Summary{"sent f.bin", 0, 0, "unconfirmed", {}}.line()),
              "sent f.bin: 0 bytes in 0 chunks, unconfirmed, 0.000 s, 0 B/s\n");
}

}  // namespace
}  // namespace netlab::testing
