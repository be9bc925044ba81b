// SPDX-License-Identifier: MIT
#include "problem4/media/media.hpp"

#include <gtest/gtest.h>

#include "tests/problem4/media_bytes.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem4 {
namespace {

std::string wav(const std::string& chunks) {
    return "RIFF" + little(0) + "WAVE" + chunks;
}

const std::string kFormat = "fmt " + little(16) + little(1, 2) + little(1, 2) + little(8000) +
                            little(16000) + little(2, 2) + little(16, 2);

std::string wav_of_2_seconds() {
    return wav("LIST" + little(3) + "odd" + zeros(1) + kFormat + "data" + little(32000) +
               zeros(32000));
}

TEST(MediaInfo, DividesTheSamplesOfAWavByItsRate) {
    EXPECT_EQ(probe_bytes(wav_of_2_seconds()).container, "wav");
    EXPECT_DOUBLE_EQ(probed_seconds(wav_of_2_seconds()), 2);
}

TEST(MediaInfo, TakesTheRestOfTheFileWhereAWavDoesNotKnowItsSize) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{0xFFFFFFFF}}) {
        const std::string data = "data" + little(size) + zeros(8000);
        EXPECT_DOUBLE_EQ(probed_seconds(wav(kFormat + data)), 0.5) << size;
    }
}

TEST(MediaInfo, KnowsNoDurationOfAWavWithoutARate) {
    std::string none = kFormat;
    none.replace(16, 4, zeros(4));
    EXPECT_EQ(probed_seconds(wav(none + "data" + little(8000) + zeros(8000))), 0);
    EXPECT_EQ(probed_seconds(wav("data" + little(8000) + zeros(8000))), 0);
    EXPECT_EQ(probed_seconds(wav(kFormat)), 0);
}

std::string flac(std::uint64_t rate, std::uint64_t samples) {
    return "fLaC" + big(34) + zeros(10) + big(rate << 44 | samples, 8) + zeros(10'000);
}

TEST(MediaInfo, DividesTheSamplesOfAFlacByItsRate) {
    EXPECT_EQ(probe_bytes(flac(44'100, 88'200)).container, "flac");
    EXPECT_DOUBLE_EQ(probed_seconds(flac(44'100, 88'200)), 2);
    EXPECT_EQ(probed_seconds(flac(44'100, 0)), 0);
    EXPECT_EQ(probed_seconds(flac(0, 88'200)), 0);
}

// MPEG 1 layer 3, 128 kbit/s, 44100 Hz, mono, not padded: 417 bytes, 1152 samples.
constexpr std::size_t kFrameSize = 417;
const std::string kFrameHeader = big(0xFFFB90C0);

std::string mp3_frames(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += kFrameHeader + zeros(kFrameSize - 4);
    return all;
}

TEST(MediaInfo, DividesTheSizeOfAnMp3ByItsBitRate) {
    const double expected = 100 * kFrameSize * 8 / 128'000.0;
    EXPECT_EQ(probe_bytes(mp3_frames(100)).container, "mp3");
    EXPECT_NEAR(probed_seconds(mp3_frames(100)), expected, 1e-5);
}

TEST(MediaInfo, SkipsTagsInFrontOfAnMp3) {
    const double expected = 100 * kFrameSize * 8 / 128'000.0;
    const std::string tag = "ID3" + big(0x0400, 2) + zeros(1) + big(0x0101) + zeros(129);
    EXPECT_NEAR(probed_seconds(tag + tag + mp3_frames(100)), expected, 1e-5);
    EXPECT_DOUBLE_EQ(probed_seconds(tag + flac(44'100, 88'200)), 2);
}

TEST(MediaInfo, BelievesTheNumberOfFramesThatAnMp3Tells) {
    const double expected = 200 * 1152 / 44'100.0;
    for (const char* name : {"Xing", "Info"}) {
        std::string first = mp3_frames(1);
        first.replace(4 + 17, 12, name + big(1) + big(200));  // mono: behind 17 bytes
        EXPECT_NEAR(probed_seconds(first + mp3_frames(50)), expected, 1e-5);
    }
}

TEST(MediaInfo, KnowsTheMp3OfMpeg2AndMpeg25) {
    struct Case {
        std::uint32_t header;
        std::size_t size;
        double bits_per_second;
    };
    for (const auto& [header, size, bits_per_second] :
         {Case{0xFFF380C4, 208, 64'000},     // MPEG 2, 64 kbit/s, 22050 Hz
          Case{0xFFE380C4, 417, 64'000}}) {  // MPEG 2.5, 64 kbit/s, 11025 Hz
        std::string all;
        for (int i = 0; i < 50; ++i) all += big(header) + zeros(size - 4);
        EXPECT_EQ(probe_bytes(all).container, "mp3") << std::hex << header;
        const double bits = 8.0 * static_cast<double>(all.size());
        EXPECT_NEAR(probed_seconds(all), bits / bits_per_second, 1e-5) << std::hex << header;
    }
}

std::string ogg_page(const std::string& content, std::uint64_t granule, int flags = 0,
                     std::uint32_t serial = 7) {
    std::string segments;
    for (std::size_t left = content.size();; left -= 255) {
        segments += static_cast<char>(std::min<std::size_t>(left, 255));
        if (left < 255) break;
    }
    return "OggS" + zeros(1) + static_cast<char>(flags) + little(granule, 8) + little(serial) +
           zeros(8) + static_cast<char>(segments.size()) + segments + content;
}

const std::string kVorbis = "\x01vorbis" + zeros(4) + "\x01" + little(44'100) + zeros(14);
const std::string kOpus = "OpusHead" + zeros(11);

TEST(MediaInfo, TakesTheLastPositionOfAnOgg) {
    const std::string vorbis = ogg_page(kVorbis, 0, 2) + ogg_page(zeros(3000), 0) +
                               ogg_page(zeros(4000), 44'100) + ogg_page(zeros(4000), 88'200);
    EXPECT_EQ(probe_bytes(vorbis).container, "ogg");
    EXPECT_DOUBLE_EQ(probed_seconds(vorbis), 2);
    const std::string opus = ogg_page(kOpus, 0, 2) + ogg_page("OpusTags", 0) +
                             ogg_page(zeros(4000), 48'000) + ogg_page(zeros(4000), 96'000);
    EXPECT_DOUBLE_EQ(probed_seconds(opus), 2);
}

TEST(MediaInfo, FindsTheLastPageOfALongOgg) {
    std::string all = ogg_page(kOpus, 0, 2) + ogg_page("OpusTags", 0);
    for (std::uint64_t page = 1; page <= 100; ++page) {
        all += ogg_page(zeros(60'000), page * 48'000);
        all += ogg_page("a picture", page * 1'000'000, 0, 8);  // of another stream
        all += ogg_page("goes on", UINT64_MAX);                // no packet ends in this one
    }
    EXPECT_DOUBLE_EQ(probed_seconds(all), 100);
}

TEST(MediaInfo, CountsFromTheStartOfARecordedRadioStream) {
    std::string all = ogg_page(kOpus, 0, 2) + ogg_page("OpusTags", 0);
    for (std::uint64_t page = 1000; page <= 1060; ++page) {
        all += ogg_page(zeros(4000), page * 48'000);
    }
    EXPECT_DOUBLE_EQ(probed_seconds(all), 60);
}

std::string ts_packet(std::uint64_t pid, std::optional<std::uint64_t> clock) {
    std::string packet = "G" + big(pid, 2);
    if (clock) packet += "\x30\x07\x10" + big(*clock << 7, 5) + zeros(1);
    if (!clock) packet += "\x10";
    return packet + zeros(188 - packet.size());
}

// Every tenth packet tells the time, which is 100 ms after the last one.
std::string ts_of_10_seconds(std::uint64_t start) {
    constexpr std::uint64_t kWrap = std::uint64_t{1} << 33;
    std::string all;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const std::uint64_t clock = (start + i / 10 * 9000) % kWrap;
        all += i % 10 == 0 ? ts_packet(256, clock) : ts_packet(i % 10 == 5 ? 257 : 256, {});
    }
    return all;
}

TEST(MediaInfo, SubtractsTheFirstClockOfATransportStreamFromTheLast) {
    EXPECT_EQ(probe_bytes(ts_of_10_seconds(63'000)).container, "mpegts");
    EXPECT_NEAR(probed_seconds(ts_of_10_seconds(63'000)), 10, 1e-5);
    EXPECT_NEAR(probed_seconds(ts_of_10_seconds((std::uint64_t{1} << 33) - 45'000)), 10, 1e-5)
        << "the clock wraps around";
}

TEST(MediaInfo, KnowsNoDurationOfATransportStreamWithoutAClock) {
    std::string all;
    for (int i = 0; i < 10; ++i) all += ts_packet(256, {});
    EXPECT_EQ(probe_bytes(all).container, "mpegts");
    EXPECT_EQ(probed_seconds(all), 0);
    EXPECT_EQ(probed_seconds(all + ts_packet(256, 9000)), 0) << "one is not enough";
}

TEST(MediaInfo, KnowsNothingOfAnythingElse) {
    const std::string avi = "RIFF" + little(10'000) + "AVI LIST" + mp3_frames(50);
    const std::string matroska = "\x1A\x45\xDF\xA3" + zeros(30) + mp3_frames(50);
    const std::string aac = "\xFF\xF1" + zeros(100);
    for (const std::string& other :
         {std::string(), std::string("a"), std::string("GGGGGGGG"), zeros(100'000),
          std::string("I'm free today."), avi, matroska, aac}) {
        EXPECT_EQ(probe_bytes(other).container, "unknown") << other.substr(0, 20);
        EXPECT_EQ(probe_bytes(other).duration, MediaTime{});
    }
    int taken_for_media = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const std::string noise = testing::random_bytes(100'000, seed);
        if (probe_bytes(noise).container != "unknown") ++taken_for_media;
    }
    EXPECT_LE(taken_for_media, 1);
}

// Every file above, cut short everywhere and with every byte changed: a parser may know less, but
// must come to an end without harm (the sanitizers watch).
TEST(MediaInfo, SurvivesFilesThatAreCutShortOrDamagedAnywhere) {
    const std::string files[] = {
        wav_of_2_seconds().substr(0, 100),
        flac(44'100, 88'200).substr(0, 60),
        "ID3" + zeros(3) + big(10) + zeros(10) + mp3_frames(4),
        ogg_page(kVorbis, 0, 2) + ogg_page("x", 0) + ogg_page("x", 44'100),
        ts_of_10_seconds(0).substr(0, 188 * 11),
    };
    for (const std::string& file : files) {
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
}

}  // namespace
}  // namespace netlab::problem4
