// SPDX-License-Identifier: MIT
//
// What goes wrong: processes killed in the middle, disks full, peers that misbehave, commands
// mistyped. Each ends in one clear line and the right exit code, and never in half a file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "common/checksum.hpp"
#include "problem1/frame.hpp"
#include "problem1/frame_stream.hpp"
#include "tests/problem1/transfer_fixture.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

constexpr std::size_t kSize = 200'000;

// A network that stops in the middle of the upload, for as long as the test wants.
const TcpProxyOptions kFrozenHalfWay{.to_server = {.freeze_after = 60'000}};

class Problem1Failure : public TransferTest {
  protected:
    explicit Problem1Failure(const std::string& transport = "tcp") : TransferTest(transport) {
        write_file(dir / "f", random_bytes(kSize, 1));
    }

    Finished send(std::uint16_t port, Argv args = {}) {
        args.push_back(dir / "f");
        return run(client(port, args));
    }

    void expect_only_part() {
        EXPECT_EQ(file_names(dir / "received"), std::vector<std::string>{"f.part"});
    }

    // A prefix of the file, and at least some of it.
    std::uint64_t expect_part_is_prefix() {
        const std::string part = read_file(dir / "received/f.part");
        EXPECT_GE(part.size(), 1'000U);
        EXPECT_TRUE(same_bytes(part, read_file(dir / "f").substr(0, part.size())));
        return part.size();
    }
};

std::uint64_t bytes_sent(const Finished& finished) {
    const std::size_t at = finished.out.find(": ");
    return at == std::string::npos ? 0 : std::stoull(finished.out.substr(at + 2));
}

TEST_F(Problem1Failure, KillingTheClientLeavesOnlyThePartAndResumeSendsOnlyTheRest) {
    Server server = start();
    TcpProxy proxy(server.port(), kFrozenHalfWay);
    {
        Subprocess victim(client(proxy.port(), {dir / "f"}));
        proxy.wait_for_bytes(Direction::kToServer, 60'000);
        victim.send_signal(SIGKILL);
        victim.wait();
        proxy.cut(Cut::kReset);
    }
    server.process().wait_for_err("bytes are kept in " + (dir / "received/f.part"));
    expect_only_part();
    const std::uint64_t part = expect_part_is_prefix();

    const Finished resumed = send(server.port(), {"--resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(std::ranges::count(server.process().err(), '\n'), 1) << "a line an interruption";
    EXPECT_EQ(bytes_sent(resumed), kSize - part / 100 * 100);
    expect_received("f");
}

TEST_F(Problem1Failure, KillingTheServerLeavesOnlyThePartAndResumeSendsOnlyTheRest) {
    Server victim = start();
    TcpProxy proxy(victim.port(), kFrozenHalfWay);
    Subprocess sender(client(proxy.port(), {"--window", "16", dir / "f"}));
    proxy.wait_for_bytes(Direction::kToServer, 60'000);
    victim.process().wait_for_out("listening");
    victim.process().send_signal(SIGKILL);
    victim.process().wait();
    EXPECT_EQ(sender.wait().code, 1);
    EXPECT_NE(sender.err().find("tcp_client: "), std::string::npos);
    EXPECT_EQ(std::ranges::count(sender.err(), '\n'), 1) << sender.err();
    expect_only_part();
    const std::uint64_t part = std::filesystem::file_size(dir / "received/f.part");

    Server server = start();
    const Finished resumed = send(server.port(), {"--resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(bytes_sent(resumed), kSize - part / 100 * 100);
    expect_received("f");
}

TEST_F(Problem1Failure, ResumeStartsAgainWhereThePartIsNotTheFilesBeginning) {
    std::filesystem::create_directory(dir / "received");
    for (const std::size_t size : {std::size_t{10'000}, kSize, kSize + 1}) {
        write_file(dir / "received/f.part", random_bytes(size, 99));
        Server server = start({"--once"});
        const Finished resumed = send(server.port(), {"--resume"});
        EXPECT_EQ(resumed.code, 0) << resumed.err;
        EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
        expect_received("f");
    }
}

TEST_F(Problem1Failure, CtrlCEndsTheClientWith130) {
    Server server = start();
    TcpProxy proxy(server.port(), kFrozenHalfWay);
    Subprocess sender(client(proxy.port(), {dir / "f"}));
    proxy.wait_for_bytes(Direction::kToServer, 60'000);
    sender.send_signal(SIGINT);
    EXPECT_EQ(sender.wait().code, 130);
    EXPECT_EQ(sender.err(), "tcp_client: interrupted\n");
    proxy.cut(Cut::kClose);
    server.process().wait_for_err("bytes are kept in " + (dir / "received/f.part"));
}

// A socket that is closed with an ACK unread is reset, which may destroy what was sent before.
TEST_F(Problem1Failure, CtrlCDestroysNothingThatWasSent) {
    TcpListener server("127.0.0.1", 0);
    Subprocess sender(client(server.local_address().port(), {dir / "f"}));
    TcpStream stream = accept_one(server);
    const Tracer tracer;
    FrameStream frames(stream, {}, tracer);
    const auto receive = [&] { return frames.receive(deadline_in(kPatience)).value(); };
    const auto answer = [&](FrameType type, Bytes payload, const Frame& to) {
        frames.send({type, to.transfer, to.sequence, payload});
        frames.try_send();
    };
    answer(FrameType::accept, encode_offset(0), receive());
    const Frame data = receive();
    ASSERT_EQ(data.type, FrameType::data);

    sender.send_signal(SIGSTOP);
    answer(FrameType::ack, {}, data);
    sender.send_signal(SIGINT);
    sender.send_signal(SIGCONT);
    std::array<std::byte, 1000> buffer{};
    while (stream.read_some(buffer, deadline_in(kPatience)).value() > 0) continue;  // no reset
    stream.shutdown_write();
    EXPECT_EQ(sender.wait().code, 130);
}

TEST_F(Problem1Failure, SigtermEndsTheServerWith0EvenWithClientsConnected) {
    Server server = start();
    RawTcp silent(server.port());
    TcpProxy proxy(server.port(), kFrozenHalfWay);
    Subprocess sender(client(proxy.port(), {dir / "f"}));
    proxy.wait_for_bytes(Direction::kToServer, 60'000);
    const TimePoint begin = Clock::now();
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_LT(Clock::now() - begin, seconds(2) * slowdown());
    EXPECT_EQ(sender.wait().code, 1);
    EXPECT_EQ(silent.read_to_end(), "");
    expect_only_part();
}

// A file system of 64 KiB, in a mount namespace of the server's own.
TEST_F(Problem1Failure, AFullDiskIsOneClearLineAndTheServerGoesOn) {
    std::filesystem::create_directory(dir / "small");
    const Argv probe{"unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", dir / "small"};
    try {
        if (run(probe).code != 0) GTEST_SKIP() << "mounts are not allowed here";
    } catch (const std::exception&) {
        GTEST_SKIP() << "no unshare(1) here";
    }
    const std::string script = "mount -t tmpfs -o size=64k tmpfs '" + (dir / "small") +
                               "' && exec '" + program("problem1/tcp_server") + "' -p 0 --dir '" +
                               (dir / "small") + "'";
    Subprocess server({"unshare", "-rm", "sh", "-c", script});
    const Match match = server.wait_for_out(matching("^listening on .*:([0-9]+)$"));
    const auto port = static_cast<std::uint16_t>(std::stoi(match.groups[1]));

    const Finished sent = send(port);
    EXPECT_EQ(sent.code, 1);
    EXPECT_NE(sent.err.find("server: write f.part: No space left on device"), std::string::npos)
        << sent.err;
    EXPECT_EQ(std::ranges::count(sent.err, '\n'), 1) << sent.err;

    write_file(dir / "empty", "");
    EXPECT_EQ(run(client(port, {dir / "empty"})).code, 0);
}

// Frames of a transfer, one by one.
class RawClient : public RawTcp {
  public:
    using RawTcp::RawTcp;
    void send_frame(FrameType type, std::uint64_t sequence, Bytes payload) {
        send(std::string(as_text(encoded({type, 7, sequence, payload}))));
    }
};

// A client that has its DONE may close over an answer that came twice: the kernel makes that a
// reset.
TEST_F(Problem1Failure, AResetBehindTheLastFileIsNoFailure) {
    Server server = start({"--once"});
    RawClient peer(server.port());
    peer.send_frame(FrameType::start, 0, StartInfo{.chunk_size = 100, .name = "empty"}.encode());
    peer.send_frame(FrameType::end, 1, EndInfo{.crc = Crc32c().value()}.encode());
    server.process().wait_for_out("received empty: 0 bytes");
    peer.reset();
    EXPECT_EQ(server.process().wait().code, 0);
}

// Writes are gathered; but a client that pauses finds all that was acknowledged in the .part, even
// if the server is killed then.
TEST_F(Problem1Failure, WhatWasAcknowledgedIsInThePartAMomentLater) {
    Server server = start();
    RawClient peer(server.port());
    const StartInfo info{.file_size = 200, .chunk_count = 2, .chunk_size = 100, .name = "paused"};
    peer.send_frame(FrameType::start, 0, info.encode());
    peer.send_frame(FrameType::data, 1, as_bytes(std::string(100, 'x')));
    const std::string part = dir / "received/paused.part";
    const TimePoint latest = deadline_in(kPatience);
    while (!std::filesystem::exists(part) || std::filesystem::file_size(part) < 100) {
        ASSERT_LT(Clock::now(), latest);
        ::poll(nullptr, 0, 5);
    }
}

// The server's stdout is a pipe that nobody reads any more.
TEST_F(Problem1Failure, AResultThatCannotBePrintedIsNotedOnceAndStopsNoTransfer) {
    for (const std::string kind : {"tcp", "udp"}) {
        Subprocess server({"sh", "-c",
                           "exec 3>&1; { '" + program("problem1/" + kind + "_server") +
                               "' -p 0 --dir '" + (dir / "received") +
                               "' & echo pid $! >&3; wait $!; echo code $? >&3; } | head -n 1"});
        const Match address = server.wait_for_out(matching("^listening on .*:([0-9]+)$"));
        const Match pid = server.wait_for_out(matching("^pid ([0-9]+)$"));
        Argv options{program("problem1/" + kind + "_client"), "-p", address.groups[1], dir / "f"};
        if (kind == "udp") options.push_back("--repair");
        for (int i = 0; i < 2; ++i) {
            const Finished sent = run(options);
            EXPECT_EQ(sent.code, 0) << sent.err;
            expect_received("f");
        }
        ::kill(std::stoi(pid.groups[1]), SIGTERM);
        server.wait_for_out("code 1\n");
        // Once, though two files came. (On a busy machine a client that has its DONE may leave
        // before another answer.)
        EXPECT_TRUE(server.err().starts_with(kind + "_server: write stdout: Broken pipe\n"));
        EXPECT_EQ(server.err().find("write stdout"), server.err().rfind("write stdout"));
    }
}

TEST_F(Problem1Failure, PeersThatSpeakNoneOfTheProtocolCostOnlyTheirConnection) {
    Server server = start();
    RawTcp http(server.port());
    http.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(http.read_to_end(), "");
    RawTcp half(server.port());
    half.send(std::string("\x03\x01\x00\x64", 4));
    RawTcp gone(server.port());
    gone.reset();
    EXPECT_EQ(send(server.port(), {"--window", "64"}).code, 0);
    expect_received("f");
    server.process().wait_for_err("these bytes are no frame");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Problem1Failure, RefusesClientsBeyondTheLimitInSoManyWords) {
    Server server = start({"--max-clients", "1"});
    RawTcp first(server.port());
    // The server has accepted the first one once it refuses the second.
    const Finished second = send(server.port());
    EXPECT_EQ(second.code, 1);
    EXPECT_NE(second.err.find("server: server is full"), std::string::npos) << second.err;
    first.close();
}

class Problem1Clients : public Problem1Failure, public ::testing::WithParamInterface<const char*> {
  protected:
    Problem1Clients() : Problem1Failure(GetParam()) {}
};

INSTANTIATE_TEST_SUITE_P(Of, Problem1Clients, ::testing::Values("tcp", "udp"));

TEST_P(Problem1Clients, NameTheSourceThatCannotBeSentInOneLine) {
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    Server server = start();
    const std::vector<std::pair<std::string, std::string>> cases = {
        {dir / "missing", "open " + (dir / "missing") + ": No such file or directory"},
        {dir.path(), dir.path() + ": is a directory"},
        {dir / "fifo", (dir / "fifo") + ": is not a regular file"},
        {"/dev/null", "/dev/null: is not a regular file"},
    };
    for (const auto& [path, problem] : cases) {
        const Finished sent = run(client(server.port(), {path}));
        EXPECT_EQ(sent.code, 1);
        EXPECT_EQ(sent.err, std::string(GetParam()) + "_client: " + problem + "\n");
        EXPECT_EQ(sent.out, "");
    }
}

TEST_P(Problem1Clients, ReportThatStdoutIsFull) {
    Server server = start();
    SpawnOptions full;
    full.stdout_to = "/dev/full";
    const Finished sent = run(client(server.port(), {dir / "f"}), full);
    EXPECT_EQ(sent.code, 1);
    EXPECT_NE(sent.err.find("write stdout: No space left on device"), std::string::npos)
        << sent.err;
}

TEST(Problem1Usage, RefusedConnectionsAndUsedPortsAreNamed) {
    const DeadPort dead(SOCK_STREAM);
    const Finished refused =
        run({program("problem1/tcp_client"), "-p", std::to_string(dead.port()), "/dev/null"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "tcp_client: connect 127.0.0.1:" + std::to_string(dead.port()) +
                               ": Connection refused\n");

    const TempDir dir;
    for (const std::string name : {"tcp_server", "udp_server"}) {
        Server server("problem1/" + name, {"--dir", dir.path()});
        const std::string port = std::to_string(server.port());
        const Finished second = run({program("problem1/" + name), "-p", port});
        EXPECT_EQ(second.code, 1);
        EXPECT_EQ(second.err, name + ": bind 127.0.0.1:" + port + ": Address already in use\n");
    }
}

TEST(Problem1Usage, AMistypedCommandIsNamedWithTheUsageLineAndExit2) {
    struct Case {
        const char* name;
        Argv args;
        const char* problem;
    };
    const std::vector<Case> cases = {
        {"tcp_client", {}, "no FILE given"},
        {"udp_client", {}, "no FILE given"},
        {"tcp_server", {"operand"}, "takes no operand"},
        {"udp_server", {"operand"}, "takes no operand"},
        {"tcp_client",
         {"--chunk-size", "0", "f"},
         "--chunk-size '0': not a whole number in 1..60000"},
        {"tcp_client",
         {"--chunk-size", "60001", "f"},
         "--chunk-size '60001': not a whole number in 1..60000"},
        {"tcp_client",
         {"--chunk-size", "12x", "f"},
         "--chunk-size '12x': not a whole number in 1..60000"},
        {"tcp_client",
         {"--chunk-size", "", "f"},
         "--chunk-size '': not a whole number in 1..60000"},
        {"tcp_client", {"--window", "0", "f"}, "--window '0': not a whole number in 1..16777216"},
        {"tcp_client", {"--window", "300", "--chunk-size", "60000", "f"}, "over 16 MiB"},
        {"tcp_client", {"-p", "65536", "f"}, "--port '65536': not a whole number in 1..65535"},
        {"tcp_client", {"--timeout", "1h", "f"}, "--timeout '1h': not a number"},
        {"tcp_client", {"--retries", "-1", "f"}, "--retries '-1': not a whole number in 0..1000"},
        {"tcp_client", {"--wat", "f"}, "unknown option: --wat"},
        {"tcp_client", {"-z", "f"}, "unknown option: -z"},
        {"tcp_client", {"f", "--port"}, "needs a value: --port"},
        {"udp_client", {"--rate", "fast", "f"}, "--rate 'fast': not a size"},
        {"udp_client", {"--rate", "0", "f"}, "--rate '0'"},
        {"udp_server", {"--max-size", "1X"}, "--max-size '1X': not a size"},
        {"udp_server", {"--impair", "loss=2"}, "--impair 'loss=2': 'loss=2': not a probability"},
        {"tcp_server", {"--impair", "lost=1%"}, "not one of loss, duplicate"},
    };
    for (const Case& one : cases) {
        Argv argv{program(std::string("problem1/") + one.name)};
        argv.insert(argv.end(), one.args.begin(), one.args.end());
        const Finished finished = run(argv);
        SCOPED_TRACE(one.problem);
        EXPECT_EQ(finished.code, 2);
        EXPECT_EQ(finished.out, "");
        EXPECT_NE(finished.err.find(one.problem), std::string::npos) << finished.err;
        EXPECT_NE(finished.err.find("usage: " + std::string(one.name)), std::string::npos);
        EXPECT_EQ(std::ranges::count(finished.err, '\n'), 2) << finished.err;
    }
}

TEST(Problem1Usage, HelpAndVersionGoToStdout) {
    for (const std::string name : {"tcp_server", "tcp_client", "udp_server", "udp_client"}) {
        for (const char* flag : {"-h", "--help"}) {
            const Finished help = run({program("problem1/" + name), flag});
            EXPECT_EQ(help.code, 0);
            EXPECT_EQ(help.out.find("usage: " + name + " [OPTION]..."), 0U) << help.out;
            EXPECT_NE(help.out.find("\nexample: " + name), std::string::npos);
            EXPECT_NE(help.out.find("--impair SPEC"), std::string::npos);
            EXPECT_EQ(help.err, "");
        }
        const Finished version = run({program("problem1/" + name), "--version"});
        EXPECT_EQ(version.code, 0);
        EXPECT_EQ(version.out.find(name + " "), 0U);
    }
}

}  // namespace
}  // namespace netlab::problem1
