// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/problem4/media_bytes.hpp"

namespace netlab::problem4 {
namespace {

const std::string kType = box("ftyp", "isom" + zeros(4));
const std::string kMedia = box("mdat", zeros(10'000));

std::string header_with_long_times(std::uint32_t timescale, std::uint64_t duration) {
    return box("mvhd", "\x01" + zeros(19) + big(timescale) + big(duration, 8) + zeros(80));
}

TEST(Mp4Duration, IsThatOfTheMovieHeader) {
    const std::string index = box("moov", time_header("mvhd", 600, 1200));
    EXPECT_EQ(probe_bytes(kType + index + kMedia).container, "mp4");
    EXPECT_DOUBLE_EQ(probed_seconds(kType + index + kMedia), 2);
    EXPECT_DOUBLE_EQ(probed_seconds(kType + kMedia + index), 2);
    EXPECT_DOUBLE_EQ(probed_seconds(box("wide", "") + long_box("mdat", zeros(10'000)) + index), 2);
    EXPECT_DOUBLE_EQ(
        probed_seconds(kType + long_box("moov", header_with_long_times(600, 1200)) + kMedia), 2);
}

TEST(Mp4Duration, ReachesToTheEndOfTheFileWhereABoxHasSize0) {
    std::string index = box("moov", time_header("mvhd", 600, 1200));
    index.replace(0, 4, zeros(4));
    EXPECT_DOUBLE_EQ(probed_seconds(kType + kMedia + index), 2);
}

TEST(Mp4Duration, IsNotKnownWhereTheHeaderSaysSoOrTellsNonsense) {
    for (const std::string& header :
         {time_header("mvhd", 600, 0), time_header("mvhd", 0, 1200), time_header("mvhd", 0, 0),
          time_header("mvhd", 600, UINT32_MAX), header_with_long_times(600, UINT64_MAX),
          header_with_long_times(1, UINT64_MAX - 1), std::string()}) {
        EXPECT_EQ(probed_seconds(kType + box("moov", header) + kMedia), 0);
    }
}

std::string track(std::uint32_t id, std::uint32_t timescale) {
    return box("trak", box("tkhd", zeros(12) + big(id) + zeros(68)) +
                           box("mdia", time_header("mdhd", timescale, 0)));
}

std::string track_defaults(std::uint32_t id, std::uint32_t sample_duration) {
    return box("trex", zeros(4) + big(id) + big(1) + big(sample_duration) + zeros(8));
}

// Two tracks of different time scales, as a recorder writes them that does not know the end.
std::string open_index(const std::string& more = {}) {
    return box("moov", time_header("mvhd", 1000, 0) + track(1, 25) + track(2, 8000) +
                           box("mvex", more + track_defaults(1, 1) + track_defaults(2, 1024)));
}

TEST(Mp4Duration, OfFragmentsMayBeToldInFront) {
    const std::string told = box("mehd", zeros(4) + big(5000));
    EXPECT_DOUBLE_EQ(probed_seconds(kType + open_index(told) + kMedia), 5);
}

TEST(Mp4Duration, IsTheSumOfTheFragmentsOfTheLongestTrack) {
    // Samples of the default length; a length of the fragment; a length for each sample.
    const std::string moof = box(
        "moof", box("traf", box("tfhd", zeros(4) + big(1)) + box("trun", zeros(4) + big(25))) +
                    box("traf", box("tfhd", big(0x00000B) + big(2) + zeros(12) + big(800)) +
                                    box("trun", big(0x000001) + big(8) + zeros(4)) +
                                    box("trun", big(0x000304) + big(2) + zeros(4) +
                                                    (big(400) + big(99)) + (big(1600) + big(99)))));
    // Track 1: 25 / 25 s. Track 2: (8 * 800 + 400 + 1600) / 8000 s = 1.05 s.
    const std::string three = moof + kMedia + moof + kMedia + moof + kMedia;
    EXPECT_DOUBLE_EQ(probed_seconds(kType + open_index() + three), 3.15);
}

TEST(Mp4Duration, CountsFromWhereAFragmentSaysThatItBegins) {
    const auto fragment = [](std::uint32_t begin) {
        return box("moof",
                   box("traf", box("tfhd", zeros(4) + big(1)) + box("tfdt", zeros(4) + big(begin)) +
                                   box("trun", zeros(4) + big(25))));
    };
    EXPECT_DOUBLE_EQ(
        probed_seconds(kType + open_index() + fragment(0) + kMedia + fragment(50) + kMedia), 3);
}

TEST(Mp4Duration, IgnoresFragmentsOfATrackThatThereIsNot) {
    const std::string moof =
        box("moof", box("traf", box("tfhd", zeros(4) + big(9)) + box("trun", zeros(4) + big(25))) +
                        box("traf", box("trun", zeros(4) + big(25))));
    EXPECT_EQ(probed_seconds(kType + open_index() + moof + kMedia), 0);
}

TEST(Mp4Duration, ARunOfSamplesThatClaimsMoreThanItHoldsCountsWhatItHolds) {
    const std::string moof =
        box("moof", box("traf", box("tfhd", zeros(4) + big(1)) +
                                    box("trun", big(0x100) + big(UINT32_MAX) + big(25) + big(25))));
    EXPECT_DOUBLE_EQ(probed_seconds(kType + open_index() + moof + kMedia), 2);
}

TEST(Mp4Duration, SurvivesFilesThatAreCutShortOrDamagedAnywhere) {
    const std::string moof =
        box("moof", box("traf", box("tfhd", zeros(4) + big(1)) + box("tfdt", zeros(4) + big(7)) +
                                    box("trun", big(0x100) + big(2) + big(25) + big(25))));
    const std::string file = kType + open_index() + moof + long_box("mdat", zeros(20));
    for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_LT(probed_seconds(file.substr(0, size)), 1e6);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (const char value : {'\x00', '\x01', '\x7F', '\xFF'}) {
            std::string damaged = file;
            damaged[at] = value;
            EXPECT_LT(probed_seconds(damaged), 1e6);
        }
    }
}

// A file of a terabyte that repeats a pattern for ever, and counts how often it is read.
class EndlessSource : public ByteSource {
  public:
    EndlessSource(std::string begin, const std::string& pattern)
        : begin_(std::move(begin)), period_(pattern.size()) {
        while (repeated_.size() < 2 * kMaxRead) repeated_ += pattern;
    }

    [[nodiscard]] std::uint64_t size() const override { return std::uint64_t{1} << 40; }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        ++reads;
        const std::size_t size = std::min(buffer.size(), kMaxRead);
        const std::string some = offset < begin_.size()
                                     ? (begin_.substr(offset) + repeated_).substr(0, size)
                                     : repeated_.substr((offset - begin_.size()) % period_, size);
        std::ranges::copy(as_bytes(some), buffer.begin());
        return size;
    }

    mutable int reads = 0;

  private:
    static constexpr std::size_t kMaxRead = 4096;
    std::string begin_;
    std::size_t period_;
    std::string repeated_{};
};

TEST(Mp4Duration, LooksAtNoMoreThanABoundedPartOfAHostileFile) {
    const std::string huge = big(1) + "moov" + big((std::uint64_t{1} << 40) - 16, 8);
    const EndlessSource sources[] = {
        {kType, box("free", "")},                  // boxes without end
        {kType + huge, box("free", "")},           // in an index of a terabyte
        {kType + huge, track(1, 1)},               // tracks without end
        {kType + huge, big(0x7FFFFFFF) + "trak"},  // a box in a box in a box
        {kType + huge + box("mvex", ""), box("moof", "")}};
    for (const EndlessSource& source : sources) {
        EXPECT_FALSE(probe_media(source).duration);
        EXPECT_LT(source.reads, 10'000);
    }
    const std::string open = kType + open_index();
    const std::string run = box("traf", box("tfhd", zeros(4) + big(1)) +
                                            box("trun", big(0x100) + big(UINT32_MAX) + big(1)));
    const EndlessSource fragments(open, box("moof", run));
    EXPECT_FALSE(probe_media(fragments).duration);
    EXPECT_LT(fragments.reads, 10'000);
}

TEST(MediaInfo, LooksAtNoMoreThanABoundedPartOfAnyHostileFile) {
    for (const std::string& begin :
         {"RIFF" + zeros(4) + "WAVE", std::string("OggS"), std::string("ID3"), std::string("G"),
          std::string("\x1A\x45\xDF\xA3")}) {
        for (const std::string& pattern :
             {std::string("data") + zeros(4), begin, zeros(1), std::string("\xFF"),
              std::string("abcd") + zeros(4), std::string("\xEC\x80"),
              std::string("\x18\x53\x80\x67\xFF")}) {
            const EndlessSource source(begin, pattern);
            static_cast<void>(probe_media(source));
            EXPECT_LT(source.reads, 10'000) << begin << ", then " << pattern;
        }
    }
}

}  // namespace
}  // namespace netlab::problem4
