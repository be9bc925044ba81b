// SPDX-License-Identifier: MIT
//
// What goes wrong: peers that misbehave or die, commands mistyped. It costs the one who did it, and
// nobody else.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <deque>
#include <thread>

#include "common/error.hpp"
#include "common/line_reader.hpp"
#include "tests/problem6/client_command.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem6 {
namespace {

using namespace netlab::testing;

Server echo(Argv args = {}) {
    args.insert(args.end(), {"--auto-reply", "%s"});
    return Server("problem6/server", args);
}

void expect_alive(Server& server) {
    const Finished finished = run(client(server.port()), "ping\n");
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.out, "server: ping\n");
}

TEST(Problem6Failure, ALineThatIsTooLongCostsItsConnection) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send("short\n" + std::string(65'536, 'x') + "\n" + std::string(300'000, 'y'));
    EXPECT_EQ(peer.read_line(), "short");
    EXPECT_EQ(peer.read_line(), std::string(65'536, 'x'));
    EXPECT_EQ(peer.read_to_end(), "ERROR line too long\n");
    server.process().wait_for_err("* 1 guest1 left: line too long\n");
    expect_alive(server);
}

TEST(Problem6Failure, ShowsHostileBytesEscaped) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send(std::string("a\x1b[2Jb\0c\xff\n", 10));
    server.process().wait_for_out("[1 guest1] a\\x1b[2Jb\\x00c\\xff\n");
    const Finished finished = run(client(server.port()), "\x1b]0;title\x07\xfe\n");
    EXPECT_EQ(finished.out, "server: \\x1b]0;title\\x07\\xfe\n");
}

TEST(Problem6Failure, AResetIsNoticedAndNamed) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send("hello\n");
    EXPECT_EQ(peer.read_line(), "hello");
    peer.reset();
    server.process().wait_for_err(
        matching(R"(^\* 1 guest1 left: recv .*: Connection reset by peer$)"));
    expect_alive(server);
}

TEST(Problem6Failure, RefusesMoreClientsThanItMayHave) {
    Server server = echo({"--max-clients", "1"});
    RawTcp first(server.port());
    first.send("hello\n");
    EXPECT_EQ(first.read_line(), "hello");
    const Finished second = run(client(server.port()), "hello\n");
    EXPECT_EQ(second.code, 1);
    EXPECT_EQ(second.err, "client: server says: server is full\n");
    EXPECT_EQ(second.out, "");
}

TEST(Problem6Failure, OutOfMemoryCostsClientsAndNotTheServer) {
    if (sanitized()) GTEST_SKIP() << "a sanitizer maps terabytes";
    for (const std::string options : {"", "--room", "--auto-reply %s"}) {
        Subprocess server({"sh", "-c", "ulimit -v 40000; exec \"$0\" -p 0 " + options,
                           program("problem6/server")});
        const Match listening = server.wait_for_out(matching("^listening on 127.0.0.1:([0-9]+)\n"));
        const auto port = static_cast<std::uint16_t>(std::stoi(listening.groups.at(1)));
        std::deque<RawTcp> peers;
        int failed = 0;
        const std::string line(20'000, 'x');
        for (int i = 0; i < 300; ++i) {
            try {
                RawTcp peer(port);
                peer.send(line + "\n" + line + "\n/who\n");
                if (i % 10 == 0) static_cast<void>(peer.read_line());  // refused, or served
                peers.push_back(std::move(peer));
            } catch (const std::exception&) {
                ++failed;
            }
        }
        ASSERT_TRUE(server.running()) << server.err();
        peers.clear();
        const TimePoint deadline = give_up_after(kPatience);
        std::string answer;
        while (!answer.starts_with("* here") && Clock::now() < deadline) {
            try {
                RawTcp next(port);
                next.send("/who\n");
                answer = next.read_line();
            } catch (const std::exception&) {
                continue;
            }
        }
        EXPECT_TRUE(answer.starts_with("* here")) << answer;
        server.send_signal(SIGTERM);
        EXPECT_EQ(server.wait().code, 0);
    }
}

TEST(Problem6Failure, CtrlCEndsAClientAndTheServerKnows) {
    Server server = echo();
    Subprocess victim(client(server.port(), {"--name", "al"}), {.input = Input::kPipe});
    server.process().wait_for_err("al joined");
    victim.send_signal(SIGINT);
    EXPECT_EQ(victim.wait().code, 130);
    server.process().wait_for_err("* 1 al left\n");
}

TEST(Problem6Failure, CtrlCSaysGoodbyeAndReadsOnSoThatTheServerSeesNoReset) {
    TcpListener listener("127.0.0.1", 0);
    Subprocess victim(client(listener.local_address().port()), {.input = Input::kPipe});
    TcpStream stream = accept_one(listener);
    victim.write("hello\n");
    LineReader lines(stream);
    EXPECT_EQ(lines.read_line(), "hello");
    victim.send_signal(SIGINT);
    EXPECT_EQ(lines.read_line(), "/quit");
    EXPECT_EQ(lines.read_line(), std::nullopt);
    // It reads on until this end has closed: what is sent meanwhile draws no reset.
    EXPECT_THROW(victim.wait(milliseconds(50)), TimeoutError);
    stream.write_all(as_bytes("* one more\n"), kNever);
    stream.shutdown_write();
    EXPECT_EQ(victim.wait().code, 130);
    EXPECT_EQ(lines.read_line(), std::nullopt);
}

// A pipe that this end holds open and reads only when it is told to.
struct Fifo {
    explicit Fifo(const std::string& path) {
        check(::mkfifo(path.c_str(), 0600), "mkfifo", path);
        reader = open_file(path, O_RDONLY | O_NONBLOCK);
    }
    FileDescriptor reader;
};

TEST(Problem6Failure, ATranscriptThatNobodyReadsHoldsUpNobody) {
    constexpr int kLines = 5;  // and their echoes: more than a pipe takes
    TempDir dir;
    const Fifo fifo(dir / "log");
    Server server = echo({"--transcript", dir / "log"});
    RawTcp peer(server.port());
    const std::string line(60'000, 'x');
    for (int i = 0; i < kLines; ++i) {
        peer.send(line + "\n");
        ASSERT_EQ(peer.read_line(), line);
    }
    const TimePoint start = Clock::now();
    server.process().wait_for_err("/log: nobody reads it: the transcript ends here\n");
    EXPECT_EQ(server.stop().code, 1);
    EXPECT_LT(Clock::now() - start, seconds(4) * slowdown());
}

// It never pauses for half a second, and would need half a minute for all.
TEST(Problem6Failure, AServerThatIsToStopDoesNotWaitForASlowReaderOfItsTranscript) {
    TempDir dir;
    const Fifo fifo(dir / "log");
    Server server = echo({"--transcript", dir / "log"});
    RawTcp peer(server.port());
    const std::string line(60'000, 'x');
    std::atomic<bool> done = false;
    std::thread reader([&] {
        std::array<std::byte, 4096> bytes;
        while (!done) {
            static_cast<void>(read_some(fifo.reader, bytes, TimePoint{}, "log"));
            wait_for_events({}, deadline_in(milliseconds(100)));  // the slowness that is tested
        }
    });
    for (int i = 0; i < 10; ++i) {
        peer.send(line + "\n");
        EXPECT_EQ(peer.read_line(), line);
    }
    const TimePoint start = Clock::now();
    EXPECT_EQ(server.stop().code, 1);
    EXPECT_LT(Clock::now() - start, seconds(3) * slowdown());
    done = true;
    reader.join();
}

TEST(Problem6Failure, ATranscriptGoesIntoAFifoAndLeavesItOne) {
    TempDir dir;
    const Fifo fifo(dir / "log");
    Server server = echo({"--transcript", dir / "log"});
    expect_alive(server);
    EXPECT_EQ(server.stop().code, 0);
    std::array<std::byte, 100> bytes;
    const auto got = read_some(fifo.reader, bytes, deadline_in(kPatience), "log");
    EXPECT_EQ(as_text(Bytes(bytes).first(got.value_or(0))),
              "[1 guest1] ping\n[server to 1 guest1] ping\n");
    struct stat status {};
    ASSERT_EQ(::stat((dir / "log").c_str(), &status), 0);
    EXPECT_TRUE(S_ISFIFO(status.st_mode));
}

TEST(Problem6Failure, ListensOnlyWhereItsTranscriptCanBeOpened) {
    TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "unread").c_str(), 0600), 0);
    for (const std::string& path : {dir / "no/such/folder", dir / "unread"}) {
        const Finished finished =
            run({program("problem6/server"), "-p", "0", "--transcript", path});
        EXPECT_EQ(finished.code, 1);
        EXPECT_EQ(finished.out, "");
        EXPECT_TRUE(finished.err.starts_with("server: open " + path + ": ")) << finished.err;
    }
}

TEST(Problem6Failure, ATranscriptOnAFullDiskIsToldOnceAndTheChatGoesOn) {
    Server server = echo({"--transcript", "/dev/full"});
    expect_alive(server);
    server.process().wait_for_err(
        "server: write /dev/full: No space left on device: the transcript ends here\n");
    expect_alive(server);
    EXPECT_EQ(server.stop().code, 1);
}

std::uint16_t port_on(const Fifo& screen) {
    std::array<std::byte, 100> bytes;
    const auto got = read_some(screen.reader, bytes, give_up_after(kPatience), "screen");
    const std::string first(as_text(Bytes(bytes).first(got.value_or(0))));
    EXPECT_TRUE(first.starts_with("listening on 127.0.0.1:")) << first;
    return static_cast<std::uint16_t>(std::stoi(first.substr(first.rfind(':') + 1)));
}

TEST(Problem6Failure, OnceEndsThoughNobodyReadsWhatItPrints) {
    TempDir dir;
    const Fifo out(dir / "out");
    Subprocess server({program("problem6/server"), "-p", "0", "--once", "--auto-reply", "%s"},
                      {.stdout_to = dir / "out"});
    {
        RawTcp peer(port_on(out));
        const std::string line(60'000, 'x');
        for (int i = 0; i < 3; ++i) {
            peer.send(line + "\n");
            ASSERT_EQ(peer.read_line(), line);
        }
    }
    EXPECT_EQ(server.wait().code, 1);
    EXPECT_TRUE(server.err().ends_with("server: write stdout: nobody reads it\n")) << server.err();
}

// Neither stdout nor stderr, which are one pipe.
TEST(Problem6Failure, AnOperatorAnswersAndTheServerEndsThoughNobodyReadsTheScreen) {
    TempDir dir;
    const Fifo transcript(dir / "log");
    const Fifo screen(dir / "screen");
    Subprocess server({"sh", "-c", "exec \"$@\" 2>&1", "sh", program("problem6/server"), "-p", "0",
                       "--transcript", dir / "log"},
                      {.input = Input::kPipe, .stdout_to = dir / "screen"});
    RawTcp peer(port_on(screen));
    // With what stands around it, whole pages: the pipe is full to the last byte.
    const std::string line(14 * 4096 - std::string("[1 guest1] \n").size(), 'x');
    for (int i = 0; i < 4; ++i) {
        peer.send(line + "\n");
        server.write("reply " + std::to_string(i) + "\n");
        ASSERT_EQ(peer.read_line(), "reply " + std::to_string(i));
    }
    server.write("@nobody\n");
    server.send_signal(SIGTERM);
    EXPECT_EQ(peer.read_line(), "* server closing");
    EXPECT_EQ(server.wait().code, 1) << "the transcript has ended";
}

TEST(Problem6Failure, AServerThatIsKilledIsNoticed) {
    auto server = std::make_unique<Server>("problem6/server");
    Subprocess alice(client(server->port()), {.input = Input::kPipe});
    alice.write("hello\n");
    server->process().wait_for_out("hello\n");
    server.reset();
    EXPECT_EQ(alice.wait(seconds(2)).code, 1);
    EXPECT_EQ(alice.out(), "");
    EXPECT_TRUE(alice.err().ends_with("closed the connection, lines left without a reply: 1\n"))
        << alice.err();
}

// What a server says to a client that sends three lines and half-closes; then it is gone.
Finished answered_with(std::string_view words) {
    TcpListener listener("127.0.0.1", 0);
    Subprocess alice(client(listener.local_address().port()), {.input = Input::kPipe});
    alice.write("one\ntwo\nthree\n");
    alice.close_stdin();
    TcpStream stream = accept_one(listener);
    LineReader lines(stream);
    while (lines.read_line()) continue;
    stream.write_all(as_bytes(words), kNever);
    static_cast<void>(stream.shutdown_write());
    const int code = alice.wait().code;
    return {code, alice.out(), alice.err(), {}};
}

TEST(Problem6Failure, AServerThatIsGoneBeforeItHasRepliedToAllIsAnError) {
    const Finished two_short = answered_with("ONE\n");
    EXPECT_EQ(two_short.code, 1);
    EXPECT_EQ(two_short.out, "server: ONE\n");
    EXPECT_TRUE(two_short.err.ends_with("closed the connection, lines left without a reply: 2\n"))
        << two_short.err;
    EXPECT_EQ(answered_with("ONE\nTWO\nTHREE\n").code, 0);
    EXPECT_EQ(answered_with("ONE\n* server closing\n").code, 0);
    EXPECT_EQ(answered_with("<bob> in a room nobody has to reply\n").code, 0);
}

// In seconds, of all children that have ended (getrusage(2)).
double processor_time_of_children() {
    rusage used{};
    check(::getrusage(RUSAGE_CHILDREN, &used), "getrusage");
    const auto in_seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
}

TEST(Problem6Failure, AClientWhoseScriptHasEndedSleepsUntilTheReply) {
    TcpListener listener("127.0.0.1", 0);
    const double before = processor_time_of_children();
    Subprocess process(client(listener.local_address().port()), {.input = Input::kPipe});
    process.write("hello\n/quit\n");
    process.close_stdin();
    ASSERT_TRUE(wait_readable(listener.descriptor().get(), deadline_in(kPatience)));
    TcpStream server = listener.accept().value();
    LineReader lines(server, 100, kPatience);
    EXPECT_EQ(lines.read_line(), "hello");
    EXPECT_EQ(lines.read_line(), std::nullopt);
    wait_for_events({}, deadline_in(milliseconds(500)));  // the slowness that is tested
    server.write_all(as_bytes(std::string("HELLO\n")), deadline_in(kPatience));
    server.shutdown_write();
    EXPECT_EQ(process.wait().code, 0) << process.err();
    EXPECT_LT(processor_time_of_children() - before, 0.3) << "it did not sleep";
}

// Reading a folder fails.
Argv reading_a_folder(const Argv& argv) {
    Argv all{"sh", "-c", "exec \"$@\" < /", "sh"};
    all.insert(all.end(), argv.begin(), argv.end());
    return all;
}

TEST(Problem6Failure, AClientsInputThatCannotBeReadIsAnError) {
    Server server = echo();
    const Finished finished = run(reading_a_folder(client(server.port())));
    EXPECT_EQ(finished.code, 1);
    EXPECT_EQ(finished.err, "client: read stdin: Is a directory\n");
    server.process().wait_for_err("* 1 guest1 left\n");
}

TEST(Problem6Failure, AnOperatorsInputThatCannotBeReadIsToldAndStopsNoChat) {
    Subprocess server(
        reading_a_folder({program("problem6/server"), "-p", "0", "--auto-reply", "%s"}));
    const Match listening = server.wait_for_out(matching("^listening on 127.0.0.1:([0-9]+)\n"));
    server.wait_for_err("server: read stdin: Is a directory\n");
    const auto port = static_cast<std::uint16_t>(std::stoi(listening.groups.at(1)));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(run(client(port), "ping\n").out, "server: ping\n");
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait().code, 1);
    EXPECT_EQ(server.err().find("read stdin"), server.err().rfind("read stdin"));
}

// The server's stdout is a pipe that nobody reads any more.
TEST(Problem6Failure, AMessageThatCannotBePrintedIsToldOnceAndStopsNoChat) {
    Subprocess server({"sh", "-c",
                       "exec 3>&1; { '" + program("problem6/server") +
                           "' -p 0 --auto-reply %s & echo pid $! >&3; wait $!; "
                           "echo code $? >&3; } | head -n 1"});
    const Match address = server.wait_for_out(matching("^listening on .*:([0-9]+)$"));
    const Match pid = server.wait_for_out(matching("^pid ([0-9]+)$"));
    const auto port = static_cast<std::uint16_t>(std::stoi(address.groups[1]));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(client(port), "ping\n").out, "server: ping\n");
    ::kill(std::stoi(pid.groups[1]), SIGTERM);
    server.wait_for_out("code 1\n");
    const std::string err = server.err();
    EXPECT_NE(err.find("server: write stdout: Broken pipe\n"), std::string::npos) << err;
    EXPECT_EQ(err.find("write stdout"), err.rfind("write stdout")) << err;
}

TEST(Problem6Failure, NobodyThereIsAnError) {
    const DeadPort dead(SOCK_STREAM);
    const Finished finished = run(client(dead.port()), "hello\n");
    EXPECT_EQ(finished.code, 1);
    EXPECT_EQ(finished.err, "client: connect 127.0.0.1:" + std::to_string(dead.port()) +
                                ": Connection refused\n");
}

TEST(Problem6Failure, AFullDiskBehindStdoutIsAnError) {
    Server server = echo();
    const Finished finished =
        run(client(server.port()), {.input = Input::kPipe, .stdout_to = "/dev/full"}, "hello\n");
    EXPECT_EQ(finished.code, 1);
    EXPECT_NE(finished.err.find("write stdout: No space left on device"), std::string::npos);
}

TEST(Problem6Failure, ServesOneClientWithOnce) {
    Server server = echo({"--once"});
    expect_alive(server);
    EXPECT_EQ(server.process().wait().code, 0);
}

TEST(Problem6Failure, UsageErrorsNameWhatIsWrong) {
    const std::vector<std::pair<Argv, std::string>> cases{
        {{program("problem6/client"), "--name", "a b"}, "printable characters"},
        {{program("problem6/client"), "--name", "server"}, "only the server"},
        {{program("problem6/client"), "hello"}, "takes no operand"},
        {{program("problem6/server"), "--max-clients", "0"}, "--max-clients '0'"},
        {{program("problem6/server"), "--room", "--auto-reply", "x"}, "--auto-reply"},
        {{program("problem6/server"), "--transcript"}, "needs a value: --transcript"},
    };
    for (const auto& [argv, problem] : cases) {
        const Finished finished = run(argv);
        EXPECT_EQ(finished.code, 2) << problem;
        EXPECT_NE(finished.err.find(problem), std::string::npos) << finished.err;
        EXPECT_NE(finished.err.find("usage: "), std::string::npos) << finished.err;
    }
}

}  // namespace
}  // namespace netlab::problem6
