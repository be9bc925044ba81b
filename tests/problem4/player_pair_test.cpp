// SPDX-License-Identifier: MIT
//
// Every container in real players, without a display: it plays to its end in the time that it
// lasts, and it arrives while it plays.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <mutex>

#include "problem4/packet.hpp"
#include "tests/problem4/clips.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/timeout.hpp"
#include "tests/support/udp_proxy.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

struct Player {
    std::string name;
    std::string command;
};

const Player kPlayers[] = {
    {"mpv", "mpv --no-config --vo=null --ao=null --really-quiet --cache=no -"},
    {"ffplay",
     "SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy ffplay -autoexit -loglevel error"
     " -probesize 500k -analyzeduration 500k -i -"},
};

// Looks at what passes a proxy: when the first and the last datagram of media came along.
class MediaTimes {
  public:
    Verdict look(Direction direction, Bytes datagram) {
        if (direction == Direction::kToServer) return Verdict::kPass;
        const auto packet = decode(datagram);
        if (!packet || !std::holds_alternative<Data>(packet->body)) return Verdict::kPass;
        const std::lock_guard lock(mutex_);
        last_ = Clock::now();
        if (!first_) first_ = last_;
        return Verdict::kPass;
    }
    [[nodiscard]] Duration spread() const {
        const std::lock_guard lock(mutex_);
        return first_ ? last_ - *first_ : Duration{};
    }

  private:
    mutable std::mutex mutex_;
    std::optional<TimePoint> first_;
    TimePoint last_{};
};

struct Streamed {
    Finished client;
    Duration spread{};  // from the first to the last datagram of media
};

Streamed stream(const std::filesystem::path& path, const Player& player) {
    Server server("problem4/server", {"--root", path.parent_path(), "--once"});
    MediaTimes times;
    UdpProxyOptions options;
    options.filter = [&](Direction direction, Bytes datagram) {
        return times.look(direction, datagram);
    };
    UdpFaultProxy proxy(server.port(), options);
    const Finished client = run({program("problem4/client"), "-p", std::to_string(proxy.port()),
                                 path.filename(), "--player", player.command},
                                "", seconds(60));
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
    return {client, times.spread()};
}

// How long the player takes for a file of its own. (It would wait for ever for an index at the
// end.)
Duration time_without_network(const std::string& name, const Player& player) {
    const std::string path = clip(name == "index_last.mp4" ? "index_first.mp4" : name);
    return run({"sh", "-c", "cat " + path + " | " + player.command}, "", seconds(60)).elapsed;
}

void expect_played(const std::string& name, const Player& player) {
    SCOPED_TRACE(name + " in " + player.name);
    const std::string path = clip(name);
    const Duration start_and_end = milliseconds(sanitized() ? 3000 : 1500);
    Duration longest = kClipLength + start_and_end;
    Streamed played = stream(path, player);
    if (played.client.elapsed > longest) {
        // Too busy a machine? Then the player is late with a file of its own, too, beside it.
        auto alone = std::async(std::launch::async, time_without_network, name, player);
        played = stream(path, player);
        longest = std::max(longest, alone.get() + start_and_end);
    }

    EXPECT_EQ(played.client.code, 0) << played.client.err;
    EXPECT_GE(to_seconds(played.client.elapsed), to_seconds(kClipLength) - 0.5) << "not played";
    EXPECT_LE(to_seconds(played.client.elapsed), to_seconds(longest)) << played.client.err;
    // Of a file that does not tell how long it plays, its player alone sets the pace.
    if (!has_duration(name)) return;
    EXPECT_GE(to_seconds(played.spread), to_seconds(kClipLength) / 4) << "a download";
}

void expect_played_in_time(const std::string& name) {
    NETLAB_SKIP_WITHOUT("ffmpeg");
    for (const Player& player : kPlayers) NETLAB_SKIP_WITHOUT(player.name);
    static_cast<void>(clip(name));         // made before the clock runs
    std::vector<std::future<void>> shows;  // side by side
    for (const Player& player : kPlayers) {
        shows.push_back(std::async(std::launch::async, [&] { expect_played(name, player); }));
    }
    for (auto& show : shows) show.get();
}

TEST(Problem4Players, PlayAnMp4WithItsIndexInFront) {
    expect_played_in_time("index_first.mp4");
}

TEST(Problem4Players, PlayAnMp4WithItsIndexBehindTheMedia) {
    expect_played_in_time("index_last.mp4");
}

TEST(Problem4Players, PlayAnMp4InFragments) {
    expect_played_in_time("fragmented.mp4");
}

TEST(Problem4Players, PlayAnMpegTransportStream) {
    expect_played_in_time("film.ts");
}

TEST(Problem4Players, PlayMatroska) {
    expect_played_in_time("film.mkv");
}

TEST(Problem4Players, PlayWebM) {
    expect_played_in_time("film.webm");
}

TEST(Problem4Players, PlayAvi) {
    expect_played_in_time("film.avi");
}

TEST(Problem4Players, PlayWav) {
    expect_played_in_time("tone.wav");
}

TEST(Problem4Players, PlayAnMp3OfConstantBitRate) {
    expect_played_in_time("constant.mp3");
}

TEST(Problem4Players, PlayAnMp3OfVariableBitRate) {
    expect_played_in_time("variable.mp3");
}

TEST(Problem4Players, PlayOggVorbis) {
    expect_played_in_time("tone.ogg");
}

TEST(Problem4Players, PlayOpus) {
    expect_played_in_time("tone.opus");
}

TEST(Problem4Players, PlayFlac) {
    expect_played_in_time("tone.flac");
}

TEST(Problem4Players, PlayAacWithoutAContainer) {
    expect_played_in_time("tone.aac");
}

}  // namespace
}  // namespace netlab::problem4
