// SPDX-License-Identifier: MIT
//
// Players that are shell commands: what they read, how they end, and what is left of them.
#include "problem4/player.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/error.hpp"
#include "common/io.hpp"
#include "tests/support/files.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

class PlayerTest : public ::testing::Test {
  protected:
    std::string quoted(const char* name) const { return "'" + (dir_ / name) + "'"; }
    // Until it has ended: false at the deadline.
    static bool wait(Player& player, TimePoint deadline = give_up_after(kPatience)) {
        while (!player.exit_code()) {
            if (Clock::now() >= deadline) return false;
            wait_for_events({}, deadline_in(milliseconds(5)));
        }
        return true;
    }

    TempDir dir_;
};

TEST_F(PlayerTest, ReadsWhatIsWrittenAndItsExitCodeIsKnown) {
    Player player("cat > " + quoted("heard") + "; exit 7");
    write_all(player.pipe().get(), as_bytes("some media"), "pipe");
    EXPECT_EQ(player.exit_code(), std::nullopt);
    player.close_pipe();
    EXPECT_TRUE(wait(player));
    EXPECT_EQ(player.exit_code(), 7);
    EXPECT_EQ(read_file(dir_ / "heard"), "some media");
}

TEST_F(PlayerTest, ThatIsKilledByASignalHasACodeOfItsOwn) {
    Player player("kill -9 $$");
    EXPECT_TRUE(wait(player));
    EXPECT_EQ(player.exit_code(), 128 + SIGKILL);
}

TEST_F(PlayerTest, ThatIsNotThereHasTheShellsCode) {
    Player player("exec 2>/dev/null; no-such-player-anywhere");
    EXPECT_TRUE(wait(player));
    EXPECT_EQ(player.exit_code(), 127);
}

#ifndef NETLAB_POSIX_ONLY
TEST_F(PlayerTest, LeavesInASmallPipeWhatItHasNotRead) {
    Player sleeper("exec sleep 100");
    EXPECT_EQ(sleeper.unread(), 0U);
    write_all(sleeper.pipe().get(), as_bytes(std::string(5'000, 'x')), "pipe");
    EXPECT_EQ(sleeper.unread(), 5'000U);
    set_nonblocking(sleeper.pipe(), true);
    const std::string much(64 * 1024, 'x');
    EXPECT_LE(::write(sleeper.pipe().get(), much.data(), much.size()), 16 * 1024);
}
#endif

TEST_F(PlayerTest, HasNoIgnoredSignals) {
    ::signal(SIGPIPE, SIG_IGN);
    Player player("kill -PIPE $$; exit 3");
    EXPECT_TRUE(wait(player));
    EXPECT_EQ(player.exit_code(), 128 + SIGPIPE);
}

// Everything that the player had started is gone when this pipe has no more writers.
TEST_F(PlayerTest, IsEndedWithAllThatItHasStarted) {
    const std::string fifo = dir_ / "alive";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const FileDescriptor alive = open_file(fifo, O_RDONLY | O_NONBLOCK);
    {
        Player player("exec > " + quoted("alive") + "; sleep 100 & echo up; sleep 100; true");
        ASSERT_TRUE(wait_readable(alive.get(), give_up_after(kPatience)));
        std::byte up[3];
        ASSERT_EQ(read_some(alive, up, kNever, "fifo"), 3U);
    }
    std::byte nothing[1];
    EXPECT_EQ(read_some(alive, nothing, give_up_after(kPatience), "fifo"), 0U);
}

TEST_F(PlayerTest, ThatIgnoresSigtermIsKilled) {
    const TimePoint start = Clock::now();
    { Player player("trap '' TERM; touch " + quoted("up") + "; while :; do sleep 1; done"); }
    EXPECT_LT(Clock::now() - start, seconds(20));
}

TEST_F(PlayerTest, WaitsNoLongerThanItIsTold) {
    Player player("exec sleep 100");
    EXPECT_FALSE(wait(player, deadline_in(milliseconds(30))));
    EXPECT_EQ(player.exit_code(), std::nullopt);
}

class PathTest : public PlayerTest {
  protected:
    PathTest() : saved_(::getenv("PATH")) {}
    ~PathTest() override { ::setenv("PATH", saved_.c_str(), 1); }

    void install(const std::string& folder, const char* name) {
        std::filesystem::create_directory(dir_ / folder);
        const std::string path = dir_ / (folder + "/" + name);
        write_file(path, "#!/bin/sh\n");
        ::chmod(path.c_str(), 0755);
    }

    const std::string saved_;
};

TEST_F(PathTest, TheFirstPlayerOfTheListIsFoundAnywhereInThePath) {
    const std::string path = (dir_ / "a") + ":" + (dir_ / "b");
    ::setenv("PATH", path.c_str(), 1);
    EXPECT_THROW(find_player(), std::runtime_error);
    install("b", "cvlc");
    EXPECT_EQ(find_player(), "cvlc --play-and-exit -");
    install("a", "ffplay");
    EXPECT_EQ(
        find_player(),
        "ffplay -autoexit -loglevel error -nostats -probesize 500k -analyzeduration 500k -i -");
    install("b", "mpv");
    EXPECT_EQ(find_player(), "mpv --cache=no --really-quiet --input-terminal=no -");
}

}  // namespace
}  // namespace netlab::problem4
