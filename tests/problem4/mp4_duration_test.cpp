// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/problem4/media_bytes.hpp"

namespace netlab::problem4 {
namespace {

const std::string kMedia = box("mdat", zeros(10'000));

std::string header_with_long_times(std::uint32_t timescale, std::uint64_t duration) {
    return box("mvhd", "\x01" + zeros(19) + big(timescale) + big(duration, 8) + zeros(80));
}

TEST(Mp4Duration, IsThatOfTheMovieHeader) {
    const std::string index = box("moov", time_header("mvhd", 600, 1200));
    EXPECT_EQ(probe_bytes(kFileType + index + kMedia).container, "mp4");
    EXPECT_DOUBLE_EQ(probed_seconds(kFileType + index + kMedia), 2);
    EXPECT_DOUBLE_EQ(probed_seconds(kFileType + kMedia + index), 2);
    EXPECT_DOUBLE_EQ(probed_seconds(box("wide", "") + long_box("mdat", zeros(10'000)) + index), 2);
    EXPECT_DOUBLE_EQ(
        probed_seconds(kFileType + long_box("moov", header_with_long_times(600, 1200)) + kMedia),
        2);
}

TEST(Mp4Duration, ReachesToTheEndOfTheFileWhereABoxHasSize0) {
    std::string index = box("moov", time_header("mvhd", 600, 1200));
    index.replace(0, 4, zeros(4));
    EXPECT_DOUBLE_EQ(probed_seconds(kFileType + kMedia + index), 2);
}

TEST(Mp4Duration, IsNotKnownWhereTheHeaderSaysSoOrTellsNonsense) {
    for (const std::string& header :
         {time_header("mvhd", 600, 0), time_header("mvhd", 0, 1200), time_header("mvhd", 0, 0),
          time_header("mvhd", 600, UINT32_MAX), header_with_long_times(600, UINT64_MAX),
          header_with_long_times(1, UINT64_MAX - 1), std::string()}) {
        EXPECT_EQ(probed_seconds(kFileType + box("moov", header) + kMedia), 0);
    }
}

std::string track(std::uint32_t id, std::uint32_t timescale) {
    return box("trak", box("tkhd", zeros(12) + big(id) + zeros(68)) +
                           box("mdia", time_header("mdhd", timescale, 0)));
}

// Two tracks, as a recorder writes them that does not know the end.
std::string open_index() {
    return box("moov", time_header("mvhd", 1000, 0) + track(1, 25) + track(2, 8000));
}

TEST(Mp4Duration, SurvivesFilesThatAreCutShortOrDamagedAnywhere) {
    const std::string file = kFileType + open_index() + long_box("mdat", zeros(20));
    for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_LT(probed_seconds(file.substr(0, size)), 1e9);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (const char value : {'\x00', '\x01', '\x7F', '\xFF'}) {
            std::string damaged = file;
            damaged[at] = value;
            EXPECT_LT(probed_seconds(damaged), 1e9);
        }
    }
}

// A file of a terabyte that repeats a pattern for ever, and counts how often it is read.
ByteSource endless_source(const std::string& begin, const std::string& pattern, int& reads) {
    constexpr std::size_t kMaxRead = 4096;
    std::string repeated;
    while (repeated.size() < 2 * kMaxRead) repeated += pattern;
    const auto read_at = [=, period = pattern.size(), &reads](std::uint64_t offset,
                                                              MutableBytes buffer) {
        ++reads;
        const std::size_t size = std::min(buffer.size(), kMaxRead);
        const std::string some = offset < begin.size()
                                     ? (begin.substr(offset) + repeated).substr(0, size)
                                     : repeated.substr((offset - begin.size()) % period, size);
        std::ranges::copy(as_bytes(some), buffer.begin());
        return size;
    };
    return {std::uint64_t{1} << 40, read_at};
}

TEST(Mp4Duration, LooksAtNoMoreThanABoundedPartOfAHostileFile) {
    const std::string huge = big(1) + "moov" + big((std::uint64_t{1} << 40) - 16, 8);
    const std::pair<std::string, std::string> files[] = {
        {kFileType, box("free", "")},                   // boxes without end
        {kFileType + huge, box("free", "")},            // in an index of a terabyte
        {kFileType + huge, track(1, 1)},                // tracks without end
        {kFileType + huge, big(0x7FFFFFFF) + "trak"}};  // a box in a box in a box
    for (const auto& [begin, pattern] : files) {
        int reads = 0;
        EXPECT_EQ(probe_media(endless_source(begin, pattern, reads)).duration, MediaTime{});
        EXPECT_LT(reads, 10'000);
    }
}

TEST(MediaInfo, LooksAtNoMoreThanABoundedPartOfAnyHostileFile) {
    for (const std::string& begin :
         {"RIFF" + zeros(4) + "WAVE", std::string("OggS"), std::string("ID3"), std::string("G")}) {
        for (const std::string& pattern : {std::string("data") + zeros(4), begin, zeros(1),
                                           std::string("\xFF"), std::string("abcd") + zeros(4)}) {
            int reads = 0;
            static_cast<void>(probe_media(endless_source(begin, pattern, reads)));
            EXPECT_LT(reads, 10'000) << begin << ", then " << pattern;
        }
    }
}

}  // namespace
}  // namespace netlab::problem4
