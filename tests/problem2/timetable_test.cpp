// SPDX-License-Identifier: MIT
#include "problem2/timetable.hpp"

#include <gtest/gtest.h>

namespace netlab::problem2 {
namespace {

TEST(Problem2Timetable, DrawsTheDownloadsSideBySide) {
    const std::vector<Timing> timings = {
        {"long.bin", milliseconds(0), milliseconds(1), milliseconds(6000), 300000, true},
        {"short.bin", milliseconds(3000), milliseconds(3001), milliseconds(3002), 1000, true},
    };
    EXPECT_EQ(
        timetable(timings),
        "file        started  first byte  finished        bytes\n"
        "long.bin    0.000 s     0.001 s   6.000 s       300000  |########################|\n"
        "short.bin   3.000 s     3.001 s   3.002 s         1000  |            #           |\n");
}

TEST(Problem2Timetable, ShowsWhoHadToWait) {
    const std::vector<Timing> timings = {
        {"long.bin", milliseconds(0), milliseconds(1), milliseconds(6000), 300000, true},
        {"short.bin", milliseconds(0), milliseconds(6000), milliseconds(6001), 1000, true},
    };
    EXPECT_NE(timetable(timings).find("|.......................#|"), std::string::npos);
}

TEST(Problem2Timetable, ShowsWhatFailed) {
    const std::string table =
        timetable({{"gone.txt", milliseconds(5), std::nullopt, milliseconds(6), 0, false}});
    EXPECT_NE(table.find("0.005 s           -    failed            0"), std::string::npos) << table;
}

TEST(Problem2Timetable, HasAHeadEvenWithoutDownloads) {
    EXPECT_EQ(timetable({}).find("file"), 0U);
}

TEST(Problem2Timetable, AlignsNamesByCharactersAndEscapesThem) {
    const std::vector<Timing> timings = {
        {"\xc3\xa4\xc3\xb6\xc3\xbc.txt", {}, {}, {}, 1, true},
        {"a\x1b.txt", {}, {}, {}, 1, true},
    };
    const std::string table = timetable(timings);
    EXPECT_NE(table.find("\na\\x1b.txt   0.000 s"), std::string::npos) << table;
    EXPECT_NE(table.find("\xc3\xbc.txt     0.000 s"), std::string::npos) << table;
}

}  // namespace
}  // namespace netlab::problem2
