// SPDX-License-Identifier: MIT
#include "problem4/media/media.hpp"

#include <gtest/gtest.h>

#include "tests/common/checks.hpp"
#include "tests/problem4/media_bytes.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem4 {
namespace {

using testing::contains;
using testing::thrown;

constexpr std::uint64_t kMediaBegin = 16;  // behind kFileType

std::string track(const std::string& sample_table) {
    return box("trak",
               box("tkhd", zeros(84)) +
                   box("mdia", box("minf", box("stbl", box("stsd", zeros(8)) + sample_table))));
}

std::string offsets(const std::string& type, const std::vector<std::uint64_t>& chunks) {
    std::string body = zeros(4) + big(chunks.size());
    for (const std::uint64_t chunk : chunks) body += big(chunk, type == "co64" ? 8 : 4);
    return box(type, body);
}

std::string index_of(const std::vector<std::uint64_t>& first_track,
                     const std::vector<std::uint64_t>& second_track) {
    return box("moov", time_header("mvhd", 600, 1200) + track(offsets("stco", first_track)) +
                           track(offsets("co64", second_track)));
}

ByteSource rearranged(const std::string& file) {
    return index_first(memory_source(as_bytes(file)));
}

// The whole of what is sent, read in pieces of a size.
std::string read_rearranged(const std::string& file, std::size_t piece) {
    const ByteSource source = rearranged(file);
    std::string all;
    std::vector<std::byte> buffer(piece);
    while (const std::size_t got = source.read_at(all.size(), buffer)) {
        all += as_text(Bytes(buffer).first(got));
    }
    return all;
}

TEST(Mp4Rearrangement, PutsTheIndexInFrontAndMovesItsOffsets) {
    const std::string media = box("mdat", testing::random_bytes(500, 1));
    const std::uint64_t moved = index_of({0, 0}, {0}).size();
    const std::string rest = box("free", "behind");
    const std::string file = kFileType + media + index_of({24, 100}, {300}) + rest;
    const std::string expected =
        kFileType + index_of({24 + moved, 100 + moved}, {300 + moved}) + media + rest;
    for (std::size_t piece = 1; piece <= file.size() + 1; ++piece) {
        EXPECT_TRUE(testing::same_bytes(read_rearranged(file, piece), expected)) << piece;
    }
}

TEST(Mp4Rearrangement, GivesTheSameBytesFromAnyOffset) {
    const std::string file =
        kFileType + box("mdat", testing::random_bytes(500, 1)) + index_of({24, 100, 7}, {300, 301});
    const std::string expected = read_rearranged(file, file.size());
    const ByteSource source = rearranged(file);
    for (std::size_t begin = 0; begin <= file.size() + 3; ++begin) {
        for (const std::size_t size : {0U, 1U, 3U, 5U, 50U, 2000U}) {
            std::vector<std::byte> buffer(size);
            const std::size_t got = source.read_at(begin, buffer);
            EXPECT_EQ(as_text(Bytes(buffer).first(got)),
                      begin > file.size() ? "" : expected.substr(begin, size))
                << "from " << begin;
        }
    }
}

TEST(Mp4Rearrangement, PutsTheIndexInFrontOfTheFirstOfSeveralMediaBoxes) {
    const std::string one = box("mdat", "one");
    const std::string two = long_box("mdat", "two");
    const std::uint64_t moved = index_of({0, 0}, {0}).size();
    const std::string file = kFileType + box("free", "") + one + box("wide", "") + two +
                             index_of({kMediaBegin + 16, kMediaBegin + 43}, {5});
    const std::string expected =
        kFileType + box("free", "") +
        index_of({kMediaBegin + 16 + moved, kMediaBegin + 43 + moved}, {5}) + one +
        box("wide", "") + two;
    EXPECT_TRUE(testing::same_bytes(read_rearranged(file, 7), expected))
        << "an offset that does not lie in the media (5) stays";
}

TEST(Mp4Rearrangement, LeavesAFileAsItIsThatPlaysAsItIs) {
    const std::string index = index_of({24}, {});
    for (const std::string& file :
         {kFileType + index + box("mdat", "media"),
          kFileType + index + box("mdat", "media") + index, kFileType + index,
          kFileType + index + big(1'000'000) + "mdat, cut short", std::string("no MP4 at all"),
          std::string(), std::string("I'm free")}) {
        EXPECT_EQ(read_rearranged(file, 7), file);
    }
}

TEST(Mp4Rearrangement, RefusesAnMp4WithoutIndex) {
    for (const std::string& file :
         {kFileType, kFileType + box("mdat", "media"), kFileType + zeros(4) + "mdat and so on",
          kFileType + box("mdat", "media") + index_of({24}, {}).substr(0, 50)}) {
        EXPECT_TRUE(contains(thrown<MediaError>([&] { rearranged(file); }), "without its index"));
    }
}

TEST(Mp4Rearrangement, NamesTheRemedyWhereItCannotRearrange) {
    const std::string media = box("mdat", "media");
    std::string without_size = index_of({24}, {});
    without_size.replace(0, 4, zeros(4));
    const std::pair<std::string, std::string> cases[] = {
        {kFileType + box("moof", "") + media + index_of({24}, {}), "behind fragments"},
        {kFileType + media + box("moof", "") + index_of({24}, {}), "behind fragments"},
        {kFileType + media + without_size, "its own size"},
        {kFileType + media + box("moov", box("cmov", "")), "compressed"},
        {kFileType + media + box("moov", track(box("saio", zeros(8)))), "encrypted"},
    };
    for (const auto& [file, why] : cases) {
        const std::string problem = thrown<MediaError>([&, &bytes = file] { rearranged(bytes); });
        EXPECT_TRUE(contains(problem, why)) << problem;
        EXPECT_TRUE(contains(problem, "ffmpeg -i IN -c copy -movflags +faststart OUT")) << problem;
    }
}

// A file with the media that it claims to have, which take no memory.
ByteSource sparse_source(std::uint64_t media, const std::string& index) {
    const std::string begin = kFileType + big(1) + "mdat" + big(16 + media, 8);
    const std::uint64_t size = begin.size() + media + index.size();
    return {size, [=](std::uint64_t offset, MutableBytes buffer) {
                std::size_t done = 0;
                for (; done < buffer.size() && offset < size; ++done, ++offset) {
                    const std::uint64_t in_index = offset - begin.size() - media;
                    buffer[done] =
                        static_cast<std::byte>(offset < begin.size()     ? begin[offset]
                                               : in_index < index.size() ? index[in_index]
                                                                         : 0);
                }
                return done;
            }};
}

TEST(Mp4Rearrangement, RefusesOffsetsThatWouldNotFitInTheirFourBytesAnyMore) {
    constexpr std::uint64_t k4GiB = std::uint64_t{1} << 32;
    const std::uint64_t size = index_of({0}, {}).size();
    const std::uint64_t fits = k4GiB - 1 - size;
    const auto file = [&](std::uint64_t offset) {
        return index_first(sparse_source(k4GiB, index_of({offset}, {})));
    };
    EXPECT_NO_THROW(file(fits));
    const std::string problem = thrown<MediaError>([&] { file(fits + 1); });
    EXPECT_TRUE(contains(problem, "beyond 4 GiB")) << problem;
    EXPECT_TRUE(contains(problem, "faststart")) << problem;
}

TEST(Mp4Rearrangement, MovesOffsetsOfEightBytesBeyond4GiB) {
    constexpr std::uint64_t k8GiB = std::uint64_t{1} << 33;
    const ByteSource source = index_first(sparse_source(k8GiB, index_of({}, {k8GiB - 5})));
    const std::string expected = index_of({}, {k8GiB - 5 + index_of({}, {0}).size()});
    std::vector<std::byte> buffer(expected.size());
    ASSERT_EQ(source.read_at(kMediaBegin, buffer), buffer.size());
    EXPECT_TRUE(testing::same_bytes(as_text(buffer), expected));
}

TEST(Mp4Rearrangement, IsRefusedIfTheIndexIsDamagedOrTooLarge) {
    for (const std::string& content :
         {zeros(8), track(big(4) + "stco"), box("free", zeros(16 * 1024 * 1024))}) {
        const std::string file = kFileType + box("mdat", "media") + box("moov", content);
        const std::string problem = thrown<MediaError>([&] { rearranged(file); });
        EXPECT_TRUE(contains(problem, "its index is")) << problem;
    }
}

TEST(Mp4Rearrangement, SurvivesFilesThatAreCutShortOrDamagedAnywhere) {
    const std::string file = kFileType + box("mdat", "media") + index_of({24, 100}, {300});
    const auto try_it = [](const std::string& bytes) {
        try {
            EXPECT_EQ(read_rearranged(bytes, 100).size(), bytes.size());
        } catch (const MediaError&) {
        }
    };
    for (std::size_t size = 0; size < file.size(); ++size) try_it(file.substr(0, size));
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (const char value : {'\x00', '\x01', '\x7F', '\xFF'}) {
            std::string damaged = file;
            damaged[at] = value;
            try_it(damaged);
        }
    }
}

}  // namespace
}  // namespace netlab::problem4
