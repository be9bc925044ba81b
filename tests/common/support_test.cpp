// SPDX-License-Identifier: MIT
// The tools that the other tests rely on: what they promise, and that they fail loudly.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <list>
#include <numeric>
#include <thread>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/failed_ladder.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/subprocess.hpp"
#include "tests/support/tcp_proxy.hpp"
#include "tests/support/udp_proxy.hpp"

namespace netlab::testing {
namespace {

Argv shell(const std::string& script) {
    return {"/bin/sh", "-c", script};
}

std::string what_is_thrown(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing";
}

TEST(Subprocess, ReportsTheExitCode) {
    EXPECT_EQ(run(shell("exit 0")).code, 0);
    EXPECT_EQ(run(shell("exit 7")).code, 7);
}

TEST(Subprocess, ReportsTheSignalThatEndedIt) {
    Subprocess process(shell("kill -TERM $$"));
    const ExitStatus status = process.wait();
    EXPECT_TRUE(status.signaled);
    EXPECT_EQ(status.code, 128 + SIGTERM);
}

TEST(Subprocess, CollectsStdoutAndStderrSeparately) {
    const Finished done = run(shell("echo result; echo trouble >&2"));
    EXPECT_EQ(done.out, "result\n");
    EXPECT_EQ(done.err, "trouble\n");
    EXPECT_GT(done.elapsed, Duration::zero());
}

TEST(Subprocess, CarriesMegabytesBothWaysAtOnce) {
    constexpr std::uint64_t kSeed = 11;
    SCOPED_TRACE(kSeed);
    const std::string sent = random_bytes(3'000'000, kSeed);
    const Finished done = run({"cat"}, sent);
    EXPECT_TRUE(same_bytes(done.out, sent));
}

TEST(Subprocess, HasAllOutputOnceItHasEndedEvenIfAChildOfItsOwnKeepsThePipe) {
    Subprocess process(shell("cat <&0 & echo $!; exit 3"), {.input = Input::kPipe});
    EXPECT_EQ(process.wait().code, 3);
    EXPECT_TRUE(matching("^[0-9]+$").find(process.out())) << process.out();
}

TEST(Subprocess, WaitsForATextThatComesLater) {
    Subprocess process({"cat"}, {.input = Input::kPipe});
    process.write("one\n");
    const Match first = process.wait_for_out("one\n");
    process.write("one again\n");
    const Match second = process.wait_for_out("one", kPatience, first.end);
    EXPECT_EQ(second.end, 7u);
    process.close_stdin();
    EXPECT_EQ(process.wait().code, 0);
}

TEST(Subprocess, FindsTheGroupsOfARegularExpression) {
    Subprocess process(shell("echo listening on 127.0.0.1:7101 >&2"));
    const Match match = process.wait_for_err(matching("on ([0-9.]+):([0-9]+)\n"));
    EXPECT_EQ(match.groups, (std::vector<std::string>{"on 127.0.0.1:7101\n", "127.0.0.1", "7101"}));
}

TEST(Subprocess, TellsAllThatWasPrintedWhereAWaitIsInVain) {
    Subprocess process(shell("echo some output; echo some trouble >&2; read line"),
                       {.input = Input::kPipe});
    process.wait_for_out("output");
    process.wait_for_err("trouble");
    const std::string timeout =
        what_is_thrown([&] { process.wait_for_out("absent", milliseconds(1)); });
    EXPECT_TRUE(contains(timeout, "\"absent\"")) << timeout;
    EXPECT_TRUE(contains(timeout, "some output")) << timeout;
    EXPECT_TRUE(contains(timeout, "some trouble")) << timeout;
    EXPECT_THROW(process.wait(milliseconds(1)), TimeoutError);
}

TEST(Subprocess, DoesNotWaitForTheOutputOfAProgramThatHasEnded) {
    const TimePoint start = Clock::now();
    Subprocess process(shell("exit 5"));
    const std::string ended = what_is_thrown([&] { process.wait_for_out("absent"); });
    EXPECT_TRUE(contains(ended, "exit code 5")) << ended;
    EXPECT_LT(Clock::now() - start, kPatience);
}

TEST(Subprocess, SaysThatThereIsNoSuchProgram) {
    const std::string error = what_is_thrown([] { Subprocess process({"/nowhere/program"}); });
    EXPECT_EQ(error, "spawn /nowhere/program: No such file or directory");
}

TEST(Subprocess, PassesOnFolderAndEnvironment) {
    const TempDir folder;
    const Finished done = run(shell("pwd -P; echo $GREETING; test -n \"$PATH\""),
                              {.cwd = folder.path(), .env = {{"GREETING", "hello"}}});
    const std::string real = std::filesystem::canonical(folder.path()).string();
    EXPECT_EQ(done.out, real + "\nhello\n");
    EXPECT_EQ(done.code, 0);
}

TEST(Subprocess, GivesTheChildNoDescriptorsAndNoIgnoredSignals) {
    const FileDescriptor leaky(::open("/dev/null", O_RDONLY));
    const Finished done = run(shell("ls /proc/self/fd | wc -l; kill -PIPE $$"));
    EXPECT_TRUE(matching("^ *4$").find(done.out)) << done.out;
    EXPECT_EQ(done.code, 128 + SIGPIPE);  // ignored in this test itself
}

TEST(Subprocess, GivesTheInputThatIsAskedFor) {
    const std::string script = "if test -e /proc/self/fd/0; then wc -c; else echo closed; fi";
    Subprocess null(shell(script), {.input = Input::kNull});
    Subprocess closed(shell(script), {.input = Input::kClosed});
    EXPECT_EQ(null.wait().code, 0);
    EXPECT_EQ(closed.wait().code, 0);
    EXPECT_EQ(null.out(), "0\n");
    EXPECT_EQ(closed.out(), "closed\n");
}

TEST(Subprocess, SendsStdoutElsewhereWhereAsked) {
    const TempDir folder;
    EXPECT_EQ(run(shell("echo kept"), {.stdout_to = folder / "log"}).out, "");
    EXPECT_EQ(read_file(folder / "log"), "kept\n");
    EXPECT_NE(run({"echo", "lost"}, {.stdout_to = "/dev/full"}).code, 0);
}

TEST(Subprocess, WritesToAProgramThatHasStoppedReading) {
    Subprocess process(shell("exec <&-; echo ready; read line"), {.input = Input::kPipe});
    process.wait();
    EXPECT_FALSE(process.write("into the void"));
}

TEST(Subprocess, IsKilledAndReapedAtTheEnd) {
    pid_t pid = -1;
    {
        Subprocess process({"cat"}, {.input = Input::kPipe});
        pid = process.pid();
        EXPECT_TRUE(process.running());
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST(Subprocess, RunsManyAtOnceWithoutSharingTheirPipes) {
    std::list<Subprocess> all;
    for (int i = 0; i < 20; ++i) all.emplace_back(Argv{"cat"}, SpawnOptions{.input = Input::kPipe});
    // If a later child held an earlier one's pipe, the earlier one would not read the end of it.
    for (Subprocess& one : all) {
        one.write("line\n");
        one.close_stdin();
        EXPECT_EQ(one.wait().code, 0);
        EXPECT_EQ(one.out(), "line\n");
    }
}

TEST(Pattern, FindsTextAndLinesAtOrAfterAnOffset) {
    const std::string text = "one two\none three\n";
    EXPECT_EQ(Pattern("one").find(text).value().end, 3u);
    EXPECT_EQ(Pattern("one").find(text, 1).value().end, 11u);
    EXPECT_FALSE(Pattern("one").find(text, 9));
    EXPECT_EQ(matching("^one (t.*)$").find(text).value().groups[1], "two");
    EXPECT_EQ(matching("^one (t.*)$").find(text, 1).value().groups[1], "three");
    EXPECT_FALSE(matching("^ne").find(text, 1));
    EXPECT_FALSE(matching("t$").find(text, 100));
    EXPECT_EQ(matching("(x)|(one)").find(text).value().groups[1], "");
    EXPECT_THROW(matching("("), std::invalid_argument);
}

TEST(Terminal, IsOneForTheProgram) {
    const SpawnOptions terminal{.input = Input::kTerminal, .rows = 33, .columns = 99};
    const Finished done = run(shell("test -t 0 && test -t 1 && test -t 2 && stty size"), terminal);
    EXPECT_EQ(done.code, 0);
    EXPECT_TRUE(contains(done.out, "33 99\r\n")) << done.out;
}

TEST(Terminal, TurnsCtrlCIntoSigintAndKeepsTheAnswer) {
    for (int i = 0; i < 10; ++i) {
        Subprocess process(shell("trap 'echo interrupted; exit 130' INT; echo ready; read line"),
                           {.input = Input::kTerminal});
        process.wait_for_out("ready");
        process.write("\x03");
        process.wait_for_out("interrupted");
        EXPECT_EQ(process.wait().code, 130);
    }
}

TEST(Terminal, TurnsCtrlDIntoTheEndOfInput) {
    Subprocess process({"cat"}, {.input = Input::kTerminal});
    process.write("line\n");
    process.wait_for_out(matching("line\r\nline\r\n"));  // its echo, then cat's copy
    process.close_stdin();
    EXPECT_EQ(process.wait().code, 0);
}

TEST(Terminal, LosesNothingOfTheLastOutput) {
    for (int i = 0; i < 10; ++i) {
        const Finished done = run(shell("seq 1 3000; echo the end"), {.input = Input::kTerminal});
        ASSERT_TRUE(contains(done.out, "\r\n3000\r\nthe end\r\n"));
    }
}

// A stand-in for one of the suite's servers, below a $SUITE_BIN_DIR of its own.
class ServerTest : public ::testing::Test {
  protected:
    void install(const std::string& script) {
        std::filesystem::create_directory(folder_ / "problem0");
        write_file(folder_ / "problem0/server", "#!/bin/sh\n" + script);
        std::filesystem::permissions(folder_ / "problem0/server", std::filesystem::perms::all);
        ::setenv("SUITE_BIN_DIR", folder_.path().c_str(), 1);
    }
    void TearDown() override { ::unsetenv("SUITE_BIN_DIR"); }

    TempDir folder_;
};

TEST_F(ServerTest, IsFoundInTheBuildUnlessToldOtherwise) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(program("CMakeCache.txt"))));
    ::setenv("SUITE_BIN_DIR", "/elsewhere", 1);
    EXPECT_EQ(program("problem1/tcp_server"), "/elsewhere/problem1/tcp_server");
}

TEST_F(ServerTest, TellsItsPort) {
    install("echo \"listening on 127.0.0.1:4711\"; echo \"$@\" >&2; exec cat");
    Server server("problem0/server", {"--once"}, {.input = Input::kPipe});
    EXPECT_EQ(server.host(), "127.0.0.1");
    EXPECT_EQ(server.port(), 4711);
    server.process().wait_for_err("-p 0 --once\n");
}

TEST_F(ServerTest, TellsItsPortOverIpv6AndEndsBySigterm) {
    install("echo \"listening on [::1]:65535\"; exec cat");
    Server server("problem0/server", {}, {.input = Input::kPipe});
    EXPECT_EQ(server.host(), "::1");
    EXPECT_EQ(server.port(), 65535);
    EXPECT_EQ(server.stop().code, 128 + SIGTERM);
}

TEST_F(ServerTest, FailsWithWhatItPrintedInstead) {
    install("echo \"listening somewhere\"; exec cat");
    const std::string strange = what_is_thrown([] { Server server("problem0/server"); });
    EXPECT_TRUE(contains(strange, "listening somewhere")) << strange;

    install("echo \"server: bind: Address already in use\" >&2; exit 1");
    const std::string failed = what_is_thrown([] { Server server("problem0/server"); });
    EXPECT_TRUE(contains(failed, "Address already in use")) << failed;
}

TEST(TempDir, IsRemovedWithAllThatIsInIt) {
    std::string path;
    {
        const TempDir folder;
        path = folder.path();
        std::filesystem::create_directory(folder / "sub");
        write_file(folder / "sub/file", "content");
        write_file(folder / "another", "");
        EXPECT_EQ(file_names(path), (std::vector<std::string>{"another", "sub/"}));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Files, ReadWhatWasWritten) {
    const TempDir folder;
    constexpr std::uint64_t kSeed = 5;
    SCOPED_TRACE(kSeed);
    for (const std::size_t size : {0u, 1u, 65536u, 200'001u}) {
        const std::string content = random_bytes(size, kSeed);
        write_file(folder / "file", content);
        EXPECT_TRUE(same_bytes(read_file(folder / "file"), content));
    }
    EXPECT_THROW(read_file(folder / "absent"), SystemError);
}

TEST(Files, RandomBytesDependOnTheSeedAlone) {
    EXPECT_EQ(random_bytes(100, 1), random_bytes(100, 1));
    EXPECT_NE(random_bytes(100, 1), random_bytes(100, 2));
    EXPECT_EQ(random_bytes(50, 1), random_bytes(100, 1).substr(0, 50));
}

TEST(Files, SameBytesTellsWhereTheyDiffer) {
    EXPECT_TRUE(same_bytes("abc", "abc"));
    const ::testing::AssertionResult result = same_bytes("abXd", "abcde");
    EXPECT_FALSE(result);
    EXPECT_STREQ(result.message(), "4 bytes instead of 5, the first difference at offset 2");
}

using Received = std::vector<std::string>;

// A server's socket, a proxy in front of it and a client of the proxy.
struct UdpLab {
    explicit UdpLab(UdpProxyOptions options = {}) : proxy(port_of(server), std::move(options)) {}

    static std::uint16_t port_of(const UdpSocket& socket) { return socket.local_address().port(); }

    std::string next_at_server() {
        std::vector<std::byte> buffer(65536);
        const auto size = receive(server, buffer, give_up_after(kPatience), &last_sender);
        return size ? std::string(as_text(Bytes(buffer).first(*size))) : "nothing came";
    }

    Received at_server(std::size_t count) {
        Received all;
        while (all.size() < count) all.push_back(next_at_server());
        return all;
    }

    void send_numbers(int last) {
        for (int i = 1; i <= last; ++i) client.send(std::to_string(i));
    }

    UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    UdpFaultProxy proxy;
    RawUdp client{proxy.port()};
    Address last_sender;
};

using Counters = UdpFaultProxy::Counters;
constexpr Direction kToServer = Direction::kToServer;
constexpr Direction kToClient = Direction::kToClient;

TEST(UdpFaultProxy, ForwardsBothWays) {
    UdpLab lab;
    lab.client.send("ping");
    EXPECT_EQ(lab.next_at_server(), "ping");
    lab.server.send_to(as_bytes("pong!"), lab.last_sender);
    EXPECT_EQ(lab.client.receive(), "pong!");

    lab.proxy.wait_for(kToClient, &Counters::forwarded, 1);
    EXPECT_EQ(lab.proxy.counters(kToServer).forwarded_bytes, 4u);
    EXPECT_EQ(lab.proxy.counters(kToClient).forwarded_bytes, 5u);
}

TEST(UdpFaultProxy, CarriesTheLargestAndTheEmptyDatagram) {
    UdpLab lab;
    constexpr std::uint64_t kSeed = 3;
    const std::string largest = random_bytes(65507, kSeed);
    lab.client.send(largest);
    EXPECT_TRUE(same_bytes(lab.next_at_server(), largest));
    lab.client.send("");
    EXPECT_EQ(lab.next_at_server(), "");
}

TEST(UdpFaultProxy, LosesNothingAndKeepsTheOrderWithoutFaults) {
    UdpLab lab;
    constexpr int kRounds = 50;
    for (int round = 0; round < kRounds; ++round) {
        lab.send_numbers(20);
        for (int i = 1; i <= 20; ++i) ASSERT_EQ(lab.next_at_server(), std::to_string(i));
    }
    EXPECT_EQ(lab.proxy.counters(kToServer).received, 20u * kRounds);
}

TEST(UdpFaultProxy, KeepsClientsApart) {
    UdpLab lab;
    RawUdp other(lab.proxy.port());
    lab.client.send("I am one");
    EXPECT_EQ(lab.next_at_server(), "I am one");
    const Address one = lab.last_sender;
    other.send("I am two");
    EXPECT_EQ(lab.next_at_server(), "I am two");
    const Address two = lab.last_sender;

    EXPECT_NE(one, two);
    lab.server.send_to(as_bytes("you are two"), two);
    lab.server.send_to(as_bytes("you are one"), one);
    EXPECT_EQ(other.receive(), "you are two");
    EXPECT_EQ(lab.client.receive(), "you are one");
}

TEST(UdpFaultProxy, DropsExactlyTheChosenDatagrams) {
    UdpLab lab({.to_server = {.drop_nth = {1, 3, 7}}});
    SCOPED_TRACE(lab.proxy.describe());
    lab.send_numbers(9);
    EXPECT_EQ(lab.at_server(6), (Received{"2", "4", "5", "6", "8", "9"}));
    EXPECT_EQ(lab.proxy.counters(kToServer).dropped, 3u);
}

TEST(UdpFaultProxy, GivesTheSameFateForTheSameSeed) {
    const Faults half{.loss = 0.5};
    const auto survivors = [&](std::uint64_t seed) {
        UdpLab lab({.to_server = half, .seed = seed});
        SCOPED_TRACE(lab.proxy.describe());
        lab.send_numbers(100);
        lab.proxy.wait_for(kToServer, &Counters::received, 100);
        const Counters counters = lab.proxy.counters(kToServer);
        EXPECT_GT(counters.dropped, 20u);
        EXPECT_LT(counters.dropped, 80u);
        return lab.at_server(100 - counters.dropped);
    };
    EXPECT_EQ(survivors(42), survivors(42));
    EXPECT_NE(survivors(42), survivors(43));
}

TEST(UdpFaultProxy, Duplicates) {
    UdpLab lab({.to_server = {.duplicate = 1}});
    lab.send_numbers(2);
    EXPECT_EQ(lab.at_server(4), (Received{"1", "1", "2", "2"}));
}

TEST(UdpFaultProxy, MakesDatagramsChangePlaces) {
    UdpLab lab({.to_server = {.reorder = 1}, .longest_hold = kPatience});
    lab.send_numbers(4);
    EXPECT_EQ(lab.at_server(4), (Received{"2", "1", "4", "3"}));
    EXPECT_EQ(lab.proxy.counters(kToServer).reordered, 2u);
}

TEST(UdpFaultProxy, LetsAHeldDatagramGoWhereNoNextOneComes) {
    UdpLab lab({.to_server = {.reorder = 1}, .longest_hold = milliseconds(1)});
    lab.client.send("alone");
    EXPECT_EQ(lab.next_at_server(), "alone");
}

TEST(UdpFaultProxy, CorruptsOneBit) {
    UdpLab lab({.to_server = {.corrupt = 1}, .seed = 9});
    SCOPED_TRACE(lab.proxy.describe());
    const std::string sent(100, '\0');
    lab.client.send(sent);
    const std::string got = lab.next_at_server();
    ASSERT_EQ(got.size(), sent.size());
    const int bits = std::accumulate(got.begin(), got.end(), 0, [](int sum, char c) {
        return sum + __builtin_popcount(static_cast<unsigned char>(c));
    });
    EXPECT_EQ(bits, 1);
}

TEST(UdpFaultProxy, Delays) {
    constexpr milliseconds kDelay{30};
    UdpLab lab({.to_server = {.delay = kDelay}, .to_client = {.delay = kDelay}});
    const TimePoint start = Clock::now();
    lab.send_numbers(3);
    EXPECT_EQ(lab.at_server(3), (Received{"1", "2", "3"}));
    lab.server.send_to(as_bytes("back"), lab.last_sender);
    EXPECT_EQ(lab.client.receive(), "back");
    EXPECT_GE(Clock::now() - start, 2 * kDelay);
}

TEST(UdpFaultProxy, LosesEverythingInABlackHole) {
    UdpLab lab;
    lab.client.send("before");
    EXPECT_EQ(lab.next_at_server(), "before");
    lab.proxy.black_hole(true);
    lab.client.send("lost");
    lab.server.send_to(as_bytes("lost too"), lab.last_sender);
    lab.proxy.wait_for(kToServer, &Counters::dropped, 1);
    lab.proxy.wait_for(kToClient, &Counters::dropped, 1);
    lab.proxy.black_hole(false);
    lab.client.send("after");
    EXPECT_EQ(lab.next_at_server(), "after");
}

TEST(UdpFaultProxy, AsksTheFilterAboutEachDatagram) {
    UdpProxyOptions options;
    options.longest_hold = kPatience;
    options.filter = [](Direction direction, Bytes datagram) {
        const std::string_view text = as_text(datagram);
        if (direction == kToClient) return Verdict::kPass;
        if (text == "drop") return Verdict::kDrop;
        if (text == "twice") return Verdict::kDuplicate;
        if (text == "last") return Verdict::kReorder;
        return text == "spoil" ? Verdict::kCorrupt : Verdict::kPass;
    };
    UdpLab lab(options);
    for (const char* one : {"drop", "twice", "last", "spoil"}) lab.client.send(one);
    const Received got = lab.at_server(4);
    EXPECT_EQ((Received{got[0], got[1], got[3]}), (Received{"twice", "twice", "last"}));
    EXPECT_NE(got[2], "spoil");
    EXPECT_EQ(got[2].size(), 5u);
}

TEST(UdpFaultProxy, RecordsAllThatCameIn) {
    UdpLab lab({.to_server = {.drop_nth = {2}}, .record = true});
    lab.send_numbers(2);
    EXPECT_EQ(lab.next_at_server(), "1");
    lab.server.send_to(as_bytes("answer"), lab.last_sender);
    EXPECT_EQ(lab.client.receive(), "answer");
    lab.proxy.wait_for(kToServer, &Counters::received, 2);

    std::string all;
    for (const UdpFaultProxy::Datagram& one : lab.proxy.recorded()) {
        if (one.direction == kToServer) all += one.bytes + (one.dropped ? " dropped " : " passed ");
    }
    EXPECT_EQ(all, "1 passed 2 dropped ");
    EXPECT_EQ(lab.proxy.recorded().size(), 3u);
}

TEST(UdpFaultProxy, InjectsDatagramsInAClientsName) {
    UdpLab lab({.to_server = {.drop_nth = {2}}});
    lab.client.send("mine");
    EXPECT_EQ(lab.next_at_server(), "mine");
    const Address real = lab.last_sender;
    lab.proxy.inject(kToServer, "forged");
    EXPECT_EQ(lab.next_at_server(), "forged");
    EXPECT_EQ(lab.last_sender, real);
    lab.proxy.inject(kToClient, "forged answer");
    EXPECT_EQ(lab.client.receive(), "forged answer");
    lab.proxy.inject(kToServer, "nobody", 5);
}

// Connected elsewhere, a bound socket takes nothing from anyone else: the kernel answers as if
// nobody were there, and no other process can get the port meanwhile.
void connect_to(const UdpSocket& socket, const Address& peer) {
    check(::connect(socket.descriptor().get(), peer.get(), peer.size()), "connect");
}

TEST(UdpFaultProxy, SurvivesAServerThatIsGoneAndComesBack) {
    UdpLab lab;
    lab.client.send("before");
    EXPECT_EQ(lab.next_at_server(), "before");
    const Address proxied = lab.last_sender;

    connect_to(lab.server, Address::resolve("127.0.0.1", 1, SOCK_DGRAM).front());
    for (std::uint64_t i = 1; i <= 3; ++i) {
        lab.client.send("is anybody there?");
        lab.proxy.wait_for(kToServer, &Counters::forwarded, 1 + i);
    }
    connect_to(lab.server, proxied);
    lab.client.send("after");
    EXPECT_EQ(lab.next_at_server(), "after");
}

TEST(UdpFaultProxy, TellsTheCountersWhereAWaitIsInVain) {
    UdpLab lab({.to_server = {.loss = 0.25}, .seed = 77});
    const std::string error = what_is_thrown(
        [&] { lab.proxy.wait_for(kToServer, &Counters::received, 1, milliseconds(1)); });
    EXPECT_TRUE(contains(error, "seed 77")) << error;
    EXPECT_TRUE(contains(error, "loss=0.25")) << error;
    EXPECT_TRUE(contains(error, "0 received")) << error;
}

// A hand-made server behind a proxy, and one connection through it.
struct TcpLab {
    explicit TcpLab(const TcpProxyOptions& options = {})
        : proxy(listener.local_address().port(), options) {}

    std::string read_at_server(std::size_t count) {
        std::string got(count, '\0');
        const MutableBytes buffer = std::as_writable_bytes(std::span(got));
        return read_exact(server, buffer, give_up_after(kPatience)) ? got : "the end";
    }

    // What it takes to see the server's end of stream: "" at once, or what came before it.
    std::string read_rest_at_server() {
        std::string all;
        std::vector<std::byte> buffer(65536);
        while (true) {
            const auto got = server.read_some(buffer, give_up_after(kPatience));
            if (!got) throw TimeoutError("no end of stream");
            if (*got == 0) return all;
            all += as_text(Bytes(buffer).first(*got));
        }
    }

    void send_from_server(std::string_view text) {
        server.write_all(as_bytes(text), give_up_after(kPatience));
    }

    TcpListener listener{"127.0.0.1", 0};
    TcpProxy proxy;
    RawTcp client{proxy.port()};
    TcpStream server = accept_one(listener);
};

int error_code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const SystemError& error) {
        return error.code();
    }
    return 0;
}

TEST(TcpProxy, ForwardsBothWaysAndTheHalfClose) {
    TcpLab lab;
    lab.client.send("question\n");
    EXPECT_EQ(lab.read_at_server(9), "question\n");
    lab.client.half_close();
    EXPECT_EQ(lab.read_rest_at_server(), "");
    lab.send_from_server("answer\nand more");
    lab.server.shutdown_write();
    EXPECT_EQ(lab.client.read_line(), "answer");
    EXPECT_EQ(lab.client.read_to_end(), "and more");
    EXPECT_EQ(lab.proxy.bytes(kToClient), 15u);
    EXPECT_EQ(lab.proxy.connections(), 1u);
}

TEST(TcpProxy, CarriesMegabytes) {
    TcpLab lab;
    constexpr std::uint64_t kSeed = 21;
    const std::string sent = random_bytes(5'000'000, kSeed);
    std::string got;
    std::thread reader([&] { got = lab.read_at_server(sent.size()); });
    lab.client.send(sent);
    reader.join();
    EXPECT_TRUE(same_bytes(got, sent)) << "seed " << kSeed;
}

TEST(TcpProxy, ServesSeveralConnections) {
    TcpLab lab;
    RawTcp second(lab.proxy.port());
    TcpStream at_server = accept_one(lab.listener);
    second.send("two");
    lab.client.send("one");
    EXPECT_EQ(lab.read_at_server(3), "one");
    second.half_close();
    std::array<std::byte, 4> buffer;
    EXPECT_FALSE(read_exact(at_server, buffer, give_up_after(kPatience)));
}

TEST(TcpProxy, StammersWithoutLosingAByte) {
    TcpLab lab({.to_server = {.write_size = 1}, .to_client = {.write_size = 1}});
    constexpr std::uint64_t kSeed = 8;
    const std::string sent = random_bytes(10'000, kSeed);
    lab.client.send(sent);
    EXPECT_TRUE(same_bytes(lab.read_at_server(sent.size()), sent)) << "seed " << kSeed;
    lab.send_from_server(sent);
    EXPECT_TRUE(same_bytes(lab.client.read_exact(sent.size()), sent)) << "seed " << kSeed;
}

TEST(TcpProxy, WritesOneByteAtATimeWithAPause) {
    TcpLab lab({.to_server = {.write_size = 1, .pause = milliseconds(5)}});
    const TimePoint start = Clock::now();
    lab.client.send("slowly");
    EXPECT_EQ(lab.read_at_server(6), "slowly");
    EXPECT_GE(Clock::now() - start, milliseconds(25));
}

TEST(TcpProxy, Delays) {
    constexpr milliseconds kDelay{30};
    TcpLab lab({.to_server = {.delay = kDelay}, .to_client = {.delay = kDelay}});
    const TimePoint start = Clock::now();
    lab.client.send("there");
    EXPECT_EQ(lab.read_at_server(5), "there");
    lab.send_from_server("back");
    EXPECT_EQ(lab.client.read_exact(4), "back");
    EXPECT_GE(Clock::now() - start, 2 * kDelay);
}

TEST(TcpProxy, CutsAfterExactlySoManyBytes) {
    TcpLab lab({.to_server = {.cut_after = 5}});
    lab.client.send("0123456789");
    EXPECT_EQ(lab.read_rest_at_server(), "01234");
    EXPECT_EQ(lab.client.read_to_end(), "");
}

TEST(TcpProxy, CutsByAReset) {
    TcpLab lab({.to_client = {.cut_after = 5, .cut = Cut::kReset}});
    lab.send_from_server("0123456789");
    EXPECT_EQ(error_code_of([&] { lab.client.read_to_end(); }), ECONNRESET);
    EXPECT_EQ(error_code_of([&] { lab.read_rest_at_server(); }), ECONNRESET);
}

TEST(TcpProxy, CutsWhenTold) {
    TcpLab lab;
    lab.client.send("word");
    EXPECT_EQ(lab.read_at_server(4), "word");
    lab.proxy.cut(Cut::kClose);
    EXPECT_EQ(lab.read_rest_at_server(), "");
    EXPECT_EQ(lab.client.read_to_end(), "");
}

TEST(TcpProxy, PassesOnAReset) {
    TcpLab lab;
    lab.client.send("word");
    EXPECT_EQ(lab.read_at_server(4), "word");
    lab.client.reset();
    EXPECT_EQ(error_code_of([&] { lab.read_rest_at_server(); }), ECONNRESET);
}

TEST(TcpProxy, ResetsAClientWhoseServerIsNotThere) {
    const DeadPort nobody(SOCK_STREAM);
    TcpProxy proxy(nobody.port());
    // In connect(2) or later.
    EXPECT_EQ(error_code_of([&] { RawTcp(proxy.port()).read_to_end(); }), ECONNRESET);
}

TEST(TcpProxy, FreezesAfterSoManyBytes) {
    TcpLab lab({.to_server = {.freeze_after = 3}});
    lab.client.send("0123456789");
    EXPECT_EQ(lab.read_at_server(3), "012");
    lab.send_from_server("other way");
    EXPECT_EQ(lab.client.read_exact(9), "other way");
    EXPECT_EQ(lab.proxy.bytes(kToServer), 3u);
    EXPECT_FALSE(wait_readable(lab.server.descriptor().get(), Clock::now()));
}

TEST(TcpProxy, StopsReadingSoThatTheSenderBlocksAndResumes) {
    TcpLab lab;
    lab.proxy.freeze(kToServer, true);
    // One round trip the other way: the proxy has seen the request.
    lab.send_from_server("x");
    EXPECT_EQ(lab.client.read_exact(1), "x");

    const std::string sent(1 << 20, 's');
    std::size_t written = 0;
    while (wait_writable(lab.client.stream().descriptor().get(), deadline_in(milliseconds(50)))) {
        written += lab.client.stream().write_some(as_bytes(sent));
        ASSERT_LT(written, 100u << 20) << "the proxy still reads";
    }
    EXPECT_EQ(lab.proxy.bytes(kToServer), 0u);

    lab.proxy.freeze(kToServer, false);
    EXPECT_EQ(lab.read_at_server(written), std::string(written, 's'));
}

TEST(RawTcp, ReadsLinesAndExactCounts) {
    TcpListener listener("127.0.0.1", 0);
    RawTcp client(listener.local_address().port());
    TcpStream server = accept_one(listener);
    server.write_all(as_bytes("OK 5\r\n\nhello and the rest"), give_up_after(kPatience));
    EXPECT_EQ(client.read_line(), "OK 5\r");
    EXPECT_EQ(client.read_line(), "");
    EXPECT_EQ(client.read_exact(5), "hello");
    EXPECT_THROW(client.read_line(milliseconds(1)), TimeoutError);
    server.shutdown_write();
    EXPECT_THROW(client.read_line(), ProtocolError);
    EXPECT_THROW(client.read_exact(100), ProtocolError);
    EXPECT_EQ(client.read_to_end(), " and the rest");
    EXPECT_EQ(client.read_to_end(), "");
}

TEST(RawTcp, ResetsTheConnection) {
    TcpListener listener("127.0.0.1", 0);
    RawTcp client(listener.local_address().port());
    TcpStream server = accept_one(listener);
    client.reset();
    std::array<std::byte, 1> byte;
    EXPECT_EQ(
        error_code_of([&] { static_cast<void>(server.read_some(byte, give_up_after(kPatience))); }),
        ECONNRESET);
}

TEST(RawUdp, TellsSilenceFromAnEmptyDatagram) {
    UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    RawUdp client(server.local_address().port());
    EXPECT_EQ(client.receive(milliseconds(1)), std::nullopt);
    server.send_to({}, client.socket().local_address());
    EXPECT_EQ(client.receive(), "");
}

TEST(DeadPort, RefusesConnectionsAndDatagrams) {
    const DeadPort tcp(SOCK_STREAM);
    EXPECT_EQ(error_code_of([&] { RawTcp client(tcp.port()); }), ECONNREFUSED);

    const DeadPort udp(SOCK_DGRAM);
    RawUdp client(udp.port());
    client.send("anybody?");
    EXPECT_EQ(error_code_of([&] { static_cast<void>(client.receive()); }), ECONNREFUSED);
}

TEST(FailedLadder, TracesProgramsOfThisSuiteIfItIsAsked) {
    const Argv ours{program("problem3/client"), "1 + 1"};
    ::unsetenv("NETLAB_LADDER");
    EXPECT_EQ(with_trace(ours), ours);
    ::setenv("NETLAB_LADDER", "1", 1);
    const Argv first = with_trace(ours);
    const Argv second = with_trace(ours);
    const Argv other = with_trace(shell("true"));
    ::unsetenv("NETLAB_LADDER");
    ASSERT_EQ(first.size(), 4u);
    EXPECT_EQ(first[1], "--trace-file");
    EXPECT_NE(first[2], second.at(2));
    EXPECT_EQ(first[3], "1 + 1");
    EXPECT_EQ(other, shell("true"));
}

}  // namespace
}  // namespace netlab::testing
