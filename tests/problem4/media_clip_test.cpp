// SPDX-License-Identifier: MIT
//
// Real clips: what ffprobe and ffmpeg make of them is what is right.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/error.hpp"
#include "problem4/media/media.hpp"
#include "tests/common/checks.hpp"
#include "tests/problem4/clips.hpp"
#include "tests/support/files.hpp"
#include "tests/support/subprocess.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

std::shared_ptr<const Media> open_clip(const std::string& path) {
    return OpenMedia().open(open_file(path, O_RDONLY | O_NONBLOCK));
}

std::string read_all(const ByteSource& media) {
    std::string all;
    std::vector<std::byte> buffer(1497);
    while (const std::size_t got = media.read_at(all.size(), buffer)) {
        all += as_text(Bytes(buffer).first(got));
    }
    return all;
}

double ffprobe_seconds(const std::string& path) {
    const Finished probed = run({"ffprobe", "-v", "error", "-show_entries", "format=duration",
                                 "-of", "default=noprint_wrappers=1:nokey=1", path});
    return std::stod(probed.out);
}

TEST(MediaClip, HasTheDurationThatFfprobeFinds) {
    NETLAB_SKIP_WITHOUT("ffmpeg");
    for (const std::string& name : clip_names()) {
        if (!has_duration(name)) continue;
        SCOPED_TRACE(name);
        const std::string path = clip(name);
        const double seconds = to_seconds(open_clip(path)->info.duration);
        ASSERT_GT(seconds, 0);
        EXPECT_NEAR(seconds, ffprobe_seconds(path), 0.1);
    }
}

TEST(OpenMedia, IsSharedByAllWhoPlayTheFileAsItIsNow) {
    const TempDir folder;
    const std::string path = folder / "clip";
    const auto open = [&](OpenMedia& media) { return media.open(open_file(path, O_RDONLY)); };
    OpenMedia media;
    write_file(path, "some media");
    const auto first = open(media);
    EXPECT_EQ(open(media), first);
    write_file(path, "and some more media");
    const auto second = open(media);
    EXPECT_NE(second, first);
    EXPECT_EQ(second->bytes.size, 19U);
    EXPECT_EQ(open(media), second);
}

TEST(MediaClip, IsSentAsItIsUnlessItsIndexIsBehindItsMedia) {
    NETLAB_SKIP_WITHOUT("ffmpeg");
    for (const std::string& name : clip_names()) {
        SCOPED_TRACE(name);
        const std::string path = clip(name);
        const auto media = open_clip(path);
        const std::string content = read_file(path);
        EXPECT_EQ(media->bytes.size, content.size());
        EXPECT_EQ(read_all(media->bytes) == content, name != "index_last.mp4");
    }
}

// Checksums of all frames and samples, as ffmpeg decodes them from a pipe.
Finished decode(const std::string& bytes) {
    return run({"ffmpeg", "-hide_banner", "-loglevel", "error", "-i", "pipe:0", "-map", "0", "-f",
                "framemd5", "-"},
               bytes, seconds(60));
}

TEST(RearrangedClip, IsDecodedFromAPipeFrameByFrameAsTheFileIs) {
    NETLAB_SKIP_WITHOUT("ffmpeg");
    const std::string path = clip("index_last.mp4");
    EXPECT_NE(decode(read_file(path)).code, 0) << "else there were nothing to do";

    const Finished expected = run({"ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-i",
                                   path, "-map", "0", "-f", "framemd5", "-"});
    const Finished decoded = decode(read_all(open_clip(path)->bytes));
    EXPECT_EQ(decoded.code, 0) << decoded.err;
    EXPECT_EQ(decoded.err, "");
    EXPECT_GT(std::count(expected.out.begin(), expected.out.end(), '\n'), 200);
    EXPECT_EQ(decoded.out, expected.out);
}

TEST(OpenMedia, RefusesWhatCannotBePlayed) {
    const TempDir dir;
    write_file(dir / "empty", "");
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    const auto problem = [](const std::string& path) {
        return thrown<MediaError>([&] { open_clip(path); });
    };
    EXPECT_EQ(problem(dir / "empty"), "is empty");
    EXPECT_EQ(problem(dir.path()), "is a directory");
    EXPECT_EQ(problem(dir / "fifo"), "is not a regular file");
}

TEST(OpenMedia, SendsAnythingElseAsItIs) {
    const TempDir dir;
    write_file(dir / "notes.txt", "no media");
    const auto media = open_clip(dir / "notes.txt");
    EXPECT_EQ(media->info.container, "unknown");
    EXPECT_EQ(media->info.duration, MediaTime{});
    EXPECT_EQ(read_all(media->bytes), "no media");
}

TEST(OpenMedia, ReadsWhatIsLeftOfAFileThatHasShrunk) {
    const TempDir dir;
    write_file(dir / "f", "before");
    const auto media = open_clip(dir / "f");
    write_file(dir / "f", "be");
    EXPECT_EQ(media->bytes.size, 6U);
    EXPECT_EQ(read_all(media->bytes), "be");
}

}  // namespace
}  // namespace netlab::problem4
