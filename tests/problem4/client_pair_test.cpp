// SPDX-License-Identifier: MIT
//
// The client and the server as they are run by hand: copies through bad networks, players that are
// shell commands, and every end that a session can have.
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "common/io.hpp"
#include "problem4/packet.hpp"
#include "tests/problem4/client_fixture.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;
using Counters = UdpFaultProxy::Counters;

class Problem4Client : public ClientTest {
  protected:
    Problem4Client() {
        write_file(dir_ / "noise", noise_);
        write_file(dir_ / "long.wav", wav_clip(8'000, seconds(60)));
        write_file(dir_ / "short.wav", wav_clip(8'000, seconds(1)));
    }

    // A client in the middle of long.wav, and a server that ends with it.
    void start_long_session(const std::string& player, const SpawnOptions& options = {}) {
        server_.emplace("problem4/server", serve({"--once"}));
        client_.emplace(client(server_->port(), {"--player", player, "long.wav"}), options);
        ASSERT_TRUE(server_->process().wait_for_err("long.wav begins").end > 0);
        wait_for_file("started");
    }
    // The player is up, and says so by making a file.
    void wait_for_file(const std::string& name) {
        const TimePoint deadline = give_up_after(kPatience);
        while (!std::filesystem::exists(dir_ / name)) {
            ASSERT_LT(Clock::now(), deadline) << "no " << name;
            ::poll(nullptr, 0, 5);
        }
    }
    void expect_server_forgets_within_5_s() {
        const TimePoint start = Clock::now();
        server_->process().wait();
        EXPECT_LT(Clock::now() - start, seconds(5) * slowdown());
    }

    const std::string noise_ = random_bytes(300'000, 44);
    std::optional<Server> server_;
    std::optional<Subprocess> client_;
};

TEST_F(Problem4Client, CopiesAFileByteForByte) {
    Server server("problem4/server", serve());
    const Finished copied = run(client(server.port(), {"--output", dir_ / "copy", "noise"}));
    EXPECT_EQ(copied.code, 0) << copied.err;
    EXPECT_TRUE(same_bytes(read_file(dir_ / "copy"), noise_));
    EXPECT_TRUE(matching("^received noise: 300000 bytes in [0-9]+ datagrams, 0 recovered, "
                         "[0-9.]+ s, [0-9.]+ [kM]?B/s$")
                    .find(copied.out))
        << copied.out;
}

TEST_F(Problem4Client, CopiesToStdoutNothingButTheMedia) {
    Server server("problem4/server", serve());
    const Finished copied = run(client(server.port(), {"--output", "-", "noise"}));
    EXPECT_EQ(copied.code, 0) << copied.err;
    EXPECT_TRUE(same_bytes(copied.out, noise_));
    EXPECT_NE(copied.err.find("received noise: 300000 bytes"), std::string::npos);
}

TEST_F(Problem4Client, GetsPayloadsOf1000To2000BytesAllSizesAlike) {
    Server server("problem4/server", serve());
    UdpProxyOptions options;
    options.record = true;
    UdpFaultProxy proxy(server.port(), options);
    EXPECT_EQ(run(client(proxy.port(), {"--output", "-", "noise"})).code, 0);
    std::array<int, 4> quarters{};  // of 200 datagrams, some 50 each; 30 are five deviations
    for (const auto& datagram : proxy.recorded()) {
        const auto packet = decode(as_bytes(datagram.bytes));
        ASSERT_TRUE(packet);
        const auto* data = std::get_if<Data>(&packet->body);
        if (data == nullptr || data->offset + data->payload.size() == noise_.size()) continue;
        ASSERT_GE(data->payload.size(), 1'000U);
        ASSERT_LE(data->payload.size(), 2'000U);
        ++quarters[(data->payload.size() - 1'000) * 4 / 1'001];
    }
    for (const int count : quarters) {
        EXPECT_GT(count, 20);
        EXPECT_LT(count, 80);
    }
}

class Problem4Loss : public Problem4Client, public ::testing::WithParamInterface<int> {};

TEST_P(Problem4Loss, CopiesAreIdenticalAndPlayersGetEverything) {
    Server server("problem4/server", serve());
    UdpFaultProxy proxy(server.port(), bad_network(GetParam() / 100.0));
    SCOPED_TRACE(proxy.describe());
    Subprocess player(client(proxy.port(), {"--player", "cat > " + quoted("played"), "noise"}));
    const Finished copied = run(client(proxy.port(), {"--output", dir_ / "copy", "noise"}));

    EXPECT_EQ(copied.code, 0) << copied.err;
    EXPECT_TRUE(same_bytes(read_file(dir_ / "copy"), noise_));
    EXPECT_GT(statistic(copied.err, "recovered"), 0U);
    EXPECT_EQ(player.wait().code, 0) << player.err();
    EXPECT_TRUE(same_bytes(read_file(dir_ / "played"), noise_));
    EXPECT_EQ(statistic(player.err(), "abandoned"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Percent, Problem4Loss, ::testing::Values(1, 5, 10, 20));

TEST_F(Problem4Client, SurvivesCorruptedDatagrams) {
    Server server("problem4/server", serve({"--impair", "corrupt=10%,seed=3"}));
    const Finished copied = run(client(
        server.port(), {"--impair", "corrupt=10%,seed=4", "--output", dir_ / "copy", "noise"}));
    EXPECT_EQ(copied.code, 0) << copied.err;
    EXPECT_TRUE(same_bytes(read_file(dir_ / "copy"), noise_));
}

TEST_F(Problem4Client, AHoleOf2SecondsInTheNetworkLosesNothing) {
    write_file(dir_ / "clip.wav", wav_clip(8'000, seconds(6)));
    Server server("problem4/server", serve());
    UdpFaultProxy proxy(server.port());
    Subprocess player(client(proxy.port(), {"--player", "cat > " + quoted("played"), "clip.wav"}));
    // The client reports every 50 ms.
    proxy.wait_for(Direction::kToServer, &Counters::received, 12);
    proxy.black_hole(true);
    proxy.wait_for(Direction::kToServer, &Counters::received, 12 + 40);
    proxy.black_hole(false);
    EXPECT_EQ(player.wait().code, 0) << player.err();
    EXPECT_TRUE(same_bytes(read_file(dir_ / "played"), read_file(dir_ / "clip.wav")));
    EXPECT_EQ(statistic(player.err(), "abandoned"), 0U);
}

TEST_F(Problem4Client, AServerThatIsKilledEndsTheSession) {
    start_long_session("touch " + quoted("started") + "; cat >/dev/null");
    const TimePoint start = Clock::now();
    server_->process().send_signal(SIGKILL);
    EXPECT_EQ(client_->wait().code, 1);
    EXPECT_LT(Clock::now() - start, seconds(10) * slowdown());
    EXPECT_NE(client_->err().find("Connection refused"), std::string::npos) << client_->err();
}

TEST_F(Problem4Client, AServerThatVanishesEndsTheSessionWithin10Seconds) {
    Server server("problem4/server", serve());
    UdpFaultProxy proxy(server.port());
    Subprocess player(client(proxy.port(), {"--player", "cat >/dev/null", "long.wav"}));
    proxy.wait_for(Direction::kToServer, &Counters::received, 12);
    const TimePoint start = Clock::now();
    proxy.black_hole(true);
    EXPECT_EQ(player.wait().code, 1);
    EXPECT_LT(Clock::now() - start, seconds(10) * slowdown());
    EXPECT_NE(player.err().find("no sign of the server for 8 s"), std::string::npos);
}

TEST_F(Problem4Client, AServerThatEndsSaysSo) {
    start_long_session("touch " + quoted("started") + "; cat >/dev/null");
    server_->stop();
    EXPECT_EQ(client_->wait().code, 1);
    EXPECT_NE(client_->err().find("the server has closed the session"), std::string::npos)
        << client_->err();
}

TEST_F(Problem4Client, APlayerThatIsKilledEndsTheSession) {
    start_long_session("echo $$ >" + quoted("pid") + "; touch " + quoted("started") +
                       "; exec cat >/dev/null");
    ASSERT_EQ(::kill(std::stoi(read_file(dir_ / "pid")), SIGKILL), 0);
    EXPECT_EQ(client_->wait().code, 1);
    EXPECT_NE(client_->err().find("the player ended with code 137"), std::string::npos);
    expect_server_forgets_within_5_s();
}

TEST_F(Problem4Client, APlayerThatQuitsEndsTheSessionCleanly) {
    start_long_session("touch " + quoted("started") + "; exit 0");
    EXPECT_EQ(client_->wait().code, 0) << client_->err();
    EXPECT_TRUE(client_->out().starts_with("stopped long.wav: ")) << client_->out();
    EXPECT_TRUE(client_->err().starts_with("starting: touch ")) << client_->err();
    expect_server_forgets_within_5_s();
}

TEST_F(Problem4Client, APlayerThatStopsReadingButStaysIsEnded) {
    start_long_session("exec <&-; touch " + quoted("started") + "; sleep 100");
    EXPECT_EQ(client_->wait().code, 1);
    EXPECT_NE(client_->err().find("the player did not end"), std::string::npos);
    expect_server_forgets_within_5_s();
}

TEST_F(Problem4Client, SaysOnceThatAPlayerTakesNothing) {
    start_long_session("touch " + quoted("started") + "; sleep 100");
    const std::size_t told =
        client_->wait_for_err("client: the player has taken nothing for 10 s", seconds(30)).end;
    client_->wait_for_err("--player CMD starts another one, --output FILE makes a copy\n");
    EXPECT_EQ(client_->err().find("taken nothing", told), std::string::npos);
}

TEST_F(Problem4Client, CtrlCEndsPlayerAndSession) {
    SpawnOptions terminal;
    terminal.input = Input::kTerminal;
    // Not a player that reads: at the end of its input it may be gone before it is told to end.
    start_long_session("trap 'touch " + quoted("ended") + "; exit' TERM; touch " +
                           quoted("started") + "; sleep 100 & wait",
                       terminal);
    client_->write("\x03");
    EXPECT_EQ(client_->wait().code, 130);
    EXPECT_TRUE(std::filesystem::exists(dir_ / "ended"));
    expect_server_forgets_within_5_s();
}

TEST_F(Problem4Client, APlayerThatHangsAtTheEndIsEnded) {
    Server server("problem4/server", serve());
    const Finished played =
        run(client(server.port(), {"--player", "cat >/dev/null; exec sleep 100", "short.wav"}));
    EXPECT_EQ(played.code, 1);
    EXPECT_GE(played.elapsed, seconds(5));
    EXPECT_LT(played.elapsed, seconds(9) * slowdown());
    EXPECT_NE(played.err.find("client: the player did not end, and was ended"), std::string::npos);
}

TEST_F(Problem4Client, ExitsWithAnErrorWhereThePlayerDid) {
    Server server("problem4/server", serve());
    const Finished failed =
        run(client(server.port(), {"--player", "cat >/dev/null; exit 3", "short.wav"}));
    EXPECT_EQ(failed.code, 1);
    EXPECT_NE(failed.err.find("client: the player ended with code 3"), std::string::npos);
    const Finished missing = run(client(server.port(), {"--player", "no-such-player", "noise"}));
    EXPECT_EQ(missing.code, 1);
    EXPECT_NE(missing.err.find("the player ended with code 127"), std::string::npos);
    EXPECT_NE(missing.err.find("no-such-player: "), std::string::npos)
        << "the shell's word: " << missing.err;
}

TEST_F(Problem4Client, NamesThePackagesWhereThereIsNoPlayer) {
    SpawnOptions options;
    options.env["PATH"] = dir_.path();
    const Finished failed = run(client(1, {"noise"}), options);
    EXPECT_EQ(failed.code, 1);
    for (const char* name : {"mpv", "ffmpeg", "vlc", "--output"}) {
        EXPECT_NE(failed.err.find(name), std::string::npos) << failed.err;
    }
}

// A player that is paused takes nothing: the server goes no further than its window.
TEST_F(Problem4Client, APausedPlayerHoldsTheServerBack) {
    const std::string clip = wav_clip(88'200, seconds(4));
    write_file(dir_ / "clip.wav", clip);
    const std::string fifo = dir_ / "resume";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    Server server("problem4/server", serve());
    UdpFaultProxy proxy(server.port());
    Subprocess player(client(
        proxy.port(),
        {"--latency", "100ms", "--player",
         "head -c 1000 >/dev/null; read x <" + quoted("resume") + "; cat >/dev/null", "clip.wav"}));
    proxy.wait_for(Direction::kToServer, &Counters::received, 20);
    const std::uint64_t sent = proxy.counters(Direction::kToClient).forwarded_bytes;
    EXPECT_GT(sent, 60'000U);
    // Programs of another build may have a larger one, and count all in it as consumed.
    const std::uint64_t pipe = ::getenv("SUITE_BIN_DIR") != nullptr ? 65'536 : 16'384;
    EXPECT_LT(sent, 94'000 + pipe) << "a window of 64 KiB, the pipe, and headers";

    write_file(fifo, "go\n");
    EXPECT_EQ(player.wait().code, 0) << player.err();
    EXPECT_EQ(statistic(player.err(), "received"), clip.size());
}

TEST_F(Problem4Client, AnIncompleteCopyIsKeptAsPart) {
    Server server("problem4/server", serve());
    Subprocess copy(client(server.port(), {"--output", dir_ / "copy.wav", "long.wav"}));
    wait_for_file("copy.wav");
    server.process().wait_for_err("long.wav begins");
    copy.send_signal(SIGINT);
    EXPECT_EQ(copy.wait().code, 130);
    EXPECT_NE(copy.err().find("copy.wav.part"), std::string::npos) << copy.err();
    EXPECT_FALSE(std::filesystem::exists(dir_ / "copy.wav"));
    const std::string part = read_file(dir_ / "copy.wav.part");
    EXPECT_EQ(part, read_file(dir_ / "long.wav").substr(0, part.size()));
}

TEST_F(Problem4Client, AnIncompleteCopyThroughALinkLeavesTheLink) {
    Server server("problem4/server", serve());
    std::filesystem::create_symlink("copy.wav", dir_ / "link");
    Subprocess copy(client(server.port(), {"--output", dir_ / "link", "long.wav"}));
    wait_for_file("copy.wav");
    copy.send_signal(SIGINT);
    EXPECT_EQ(copy.wait().code, 130);
    EXPECT_NE(copy.err().find("kept as " + (dir_ / "link") + "\n"), std::string::npos);
    EXPECT_TRUE(std::filesystem::is_symlink(dir_ / "link"));
}

TEST_F(Problem4Client, ACopyGrowsAsItArrives) {
    Server server("problem4/server", serve());
    Subprocess copy(client(server.port(), {"--output", dir_ / "copy.wav", "long.wav"}));
    wait_for_file("copy.wav");
    const TimePoint deadline = give_up_after(kPatience);
    while (std::filesystem::file_size(dir_ / "copy.wav") < 20'000) {
        ASSERT_LT(Clock::now(), deadline);
        ::poll(nullptr, 0, 5);
    }
    EXPECT_TRUE(copy.running());
}

TEST_F(Problem4Client, TwoCopiesNeverMixInOneFile) {
    write_file(dir_ / "copy", "theirs");
    const FileDescriptor theirs = open_file(dir_ / "copy", O_RDWR);
    ASSERT_EQ(::flock(theirs.get(), LOCK_EX), 0);
    Server server("problem4/server", serve());
    const Finished failed = run(client(server.port(), {"--output", dir_ / "copy", "noise"}));
    EXPECT_EQ(failed.code, 1);
    EXPECT_NE(failed.err.find("another program is writing"), std::string::npos) << failed.err;
    EXPECT_EQ(read_file(dir_ / "copy"), "theirs");
}

TEST_F(Problem4Client, ReportsWhatTheServerRefuses) {
    write_file(dir_ / "copy", "mine");
    Server server("problem4/server", serve());
    for (const char* name : {"no-such-file", "../secret", "/etc/passwd"}) {
        const Finished failed = run(client(server.port(), {"--output", dir_ / "copy", name}));
        EXPECT_EQ(failed.code, 1) << name;
        EXPECT_TRUE(matching("^client: server: .+").find(failed.err)) << failed.err;
    }
    EXPECT_EQ(read_file(dir_ / "copy"), "mine") << "untouched where nothing comes";
}

TEST_F(Problem4Client, ReportsAFullDisk) {
    Server server("problem4/server", serve());
    SpawnOptions options;
    options.stdout_to = "/dev/full";
    const Finished failed = run(client(server.port(), {"--output", "-", "noise"}), options);
    EXPECT_EQ(failed.code, 1);
    EXPECT_NE(failed.err.find("write stdout: No space left on device"), std::string::npos);
}

TEST_F(Problem4Client, HearsThatNobodyListens) {
    const DeadPort dead(SOCK_DGRAM);
    const Finished failed = run(client(dead.port(), {"--output", "-", "noise"}));
    EXPECT_EQ(failed.code, 1);
    EXPECT_NE(failed.err.find("Connection refused"), std::string::npos) << failed.err;
    EXPECT_LT(failed.elapsed, seconds(5));
}

TEST_F(Problem4Client, ShowsWhereItIsOnATerminal) {
    Server server("problem4/server", serve());
    SpawnOptions terminal;
    terminal.input = Input::kTerminal;
    Subprocess player(client(server.port(), {"--player", "cat >/dev/null", "long.wav"}), terminal);
    player.wait_for_out(
        matching("long.wav  0:0[0-9] / 1:00  [0-9.]+ s ahead  [0-9.]+ k?B/s  lost 0 B"));
    player.write("\x03");
    EXPECT_EQ(player.wait().code, 130);
}

TEST_F(Problem4Client, TracesThePacketsOfBothSides) {
    Server server("problem4/server", serve());
    const Finished traced =
        run(client(server.port(), {"--trace", "--output", dir_ / "copy", "short.wav"}));
    std::size_t at = 0;
    for (const char* step : {"-> REQUEST", "<- CHALLENGE", "-> START", "<- INFO", "-> REPORT",
                             "<- DATA", "-> BYE", "<- BYE"}) {
        const std::size_t found = traced.err.find(step, at);
        ASSERT_NE(found, std::string::npos) << step << " in " << traced.err;
        at = found;
    }
}

TEST_F(Problem4Client, NamesWhatIsWrongOnTheCommandLine) {
    const std::vector<Argv> wrong{{},
                                  {"a", "b"},
                                  {""},
                                  {std::string(2'000, 'x')},
                                  {"--player", "cat", "--output", "f", "a"},
                                  {"--latency", "0", "a"},
                                  {"--latency", "1h", "a"},
                                  {"--player", "", "a"},
                                  {"--no-such-option", "a"}};
    for (const Argv& args : wrong) {
        const Finished failed = run(client(1, args));
        EXPECT_EQ(failed.code, 2) << failed.err;
        EXPECT_NE(failed.err.find("usage: client"), std::string::npos) << failed.err;
    }
}

}  // namespace
}  // namespace netlab::problem4
