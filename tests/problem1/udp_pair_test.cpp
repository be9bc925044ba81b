// SPDX-License-Identifier: MIT
//
// udp_server and udp_client as they are run by hand, with and without faults on the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "common/io.hpp"
#include "problem1/frame.hpp"
#include "tests/problem1/transfer_fixture.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/udp_proxy.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

class Problem1Udp : public TransferTest {
  protected:
    Problem1Udp() : TransferTest("udp") {}
};

TEST_F(Problem1Udp, DeliversFilesOfAllSizesByteForByte) {
    Server server = start();
    const std::vector<std::size_t> sizes{0, 1, 99, 100, 101, 200, 65'535, 65'536, 655'361};
    Argv args;
    for (const std::size_t size : sizes) args.push_back(make_file(std::to_string(size), size));
    const Finished sent = run(client(server.port(), args));
    EXPECT_EQ(sent.code, 0) << sent.err;
    for (const std::size_t size : sizes) {
        server.process().wait_for_out("received " + std::to_string(size) + ": ");
        expect_received(std::to_string(size));
    }
}

TEST_F(Problem1Udp, LosesNothingOf4MiBAtTheDefaultPace) {
    Server server = start({"--once"});
    const Finished sent = run(client(server.port(), {make_file("f", 4 << 20)}), "", seconds(60));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
    expect_received("f");
}

TEST_F(Problem1Udp, DeliversChunksOfTheLargestSize) {
    Server server = start({"--once"});
    EXPECT_EQ(run(client(server.port(), {"--chunk-size", "60000", make_file("f", 1'000'001)})).code,
              0);
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
    expect_received("f");
}

TEST_F(Problem1Udp, WaitsForEverForASlowClientIfItIsToldTo) {
    Server server = start({"--once", "--idle-timeout", "0"});
    const Finished sent = run(client(server.port(), {"--rate", "2000", make_file("f", 500)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
    expect_received("f");
}

TEST_F(Problem1Udp, NamesExactlyTheChunksThatWereLost) {
    Server server = start({"--once"});
    // Messages 1 to 4 are START, chunk n is message n + 4.
    const Finished sent =
        run(client(server.port(), {"--impair", "drop=5+9+10+14", make_file("f", 950)}));
    EXPECT_EQ(sent.code, 0) << "the client cannot know: " << sent.err;
    EXPECT_EQ(server.process().wait().code, 1);
    const std::string out = server.process().out();
    EXPECT_NE(out.find("missing chunk 1: bytes 0..99\n"
                       "missing chunks 5-6: bytes 400..599\n"
                       "missing chunk 10: bytes 900..949\n"),
              std::string::npos)
        << out;
    EXPECT_NE(
        server.process().err().find("6 of 10 chunks arrived, kept in " + (dir / "received/f.part")),
        std::string::npos)
        << server.process().err();
    EXPECT_EQ(file_names(dir / "received"), std::vector<std::string>{"f.part"});
}

// The chunk numbers that the server's account names.
std::set<std::uint64_t> missing_chunks(const std::string& text) {
    std::set<std::uint64_t> missing;
    const Pattern line = matching("^missing chunks? ([0-9]+)(-([0-9]+))?: ");
    std::size_t at = 0;
    while (const auto found = line.find(text, at)) {
        const std::uint64_t first = std::stoull(found->groups[1]);
        const bool one = found->groups[3].empty();
        const std::uint64_t last = one ? first : std::stoull(found->groups[3]);
        for (std::uint64_t number = first; number <= last; ++number) missing.insert(number);
        at = found->end;
    }
    return missing;
}

TEST_F(Problem1Udp, NeverShowsAWrongFileThroughABadNetwork) {
    const std::string path = make_file("f", 50'000);
    const std::string content = read_file(path);
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        Server server = start({"--once", "--idle-timeout", "1s"});
        UdpProxyOptions options;
        options.to_server = {.loss = 0.05, .duplicate = 0.05, .reorder = 0.05, .corrupt = 0.01};
        options.seed = seed;
        UdpFaultProxy proxy(server.port(), options);
        SCOPED_TRACE(proxy.describe());
        EXPECT_EQ(run(client(proxy.port(), {path})).code, 0);
        EXPECT_EQ(server.process().wait().code, 1);
        ASSERT_EQ(file_names(dir / "received"), std::vector<std::string>{"f.part"});

        // What is not named as missing is there, and right.
        const auto missing = missing_chunks(server.process().out());
        EXPECT_GE(missing.size(), 5U);
        std::string part = read_file(dir / "received/f.part");
        part.resize(content.size());
        for (std::size_t chunk = 1; chunk <= 500; ++chunk) {
            if (missing.contains(chunk)) continue;
            EXPECT_EQ(part.substr((chunk - 1) * 100, 100), content.substr((chunk - 1) * 100, 100))
                << "chunk " << chunk;
        }
    }
}

// Many clients at the same time, four at each server: most of it is waiting for timers.
TEST_F(Problem1Udp, RepairsALossOf30PercentBothWays) {
    std::vector<std::unique_ptr<Server>> servers;
    std::vector<std::unique_ptr<Subprocess>> clients;
    for (int seed = 1; seed <= 20; ++seed) {
        const std::string loss = "loss=30%,seed=" + std::to_string(seed);
        if (seed % 4 == 1) {
            servers.push_back(std::make_unique<Server>(
                "problem1/udp_server", Argv{"--dir", dir / "received", "--impair", loss}));
        }
        const std::string path =
            make_file("f" + std::to_string(seed), 20'000 + static_cast<std::size_t>(seed));
        const Argv args{"--repair", "--impair", loss + "1", path};
        clients.push_back(std::make_unique<Subprocess>(client(servers.back()->port(), args)));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
        SCOPED_TRACE("seed " + std::to_string(i + 1));
        EXPECT_EQ(clients[i]->wait(seconds(60)).code, 0) << clients[i]->err();
        expect_received("f" + std::to_string(i + 1));
    }
}

TEST_F(Problem1Udp, SparesThePartOfAnUploadThatTcpCanResume) {
    const std::string path = make_file("f", 5000);
    const std::string begun = read_file(path).substr(0, 2000);
    std::filesystem::create_directory(dir / "received");
    write_file(dir / "received/f.part", begun);
    const std::string why = "f.part is of an upload that can be resumed";

    Server server = start();
    EXPECT_EQ(run(client(server.port(), {path})).code, 0) << "the client cannot know";
    server.process().wait_for_err(why);
    const Finished sent = run(client(server.port(), {"--repair", path}));
    EXPECT_EQ(sent.code, 1);
    EXPECT_NE(sent.err.find("server: " + why), std::string::npos) << sent.err;
    server.stop();
    const std::string err = server.process().err();
    EXPECT_EQ(std::ranges::count(err, '\n'), 2) << "one for each upload: " << err;
    EXPECT_EQ(read_file(dir / "received/f.part"), begun);

    Server tcp("problem1/tcp_server", {"--dir", dir / "received"});
    const Finished resumed =
        run({program("problem1/tcp_client"), "-p", std::to_string(tcp.port()), "--resume", path});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_NE(resumed.out.find("3000 bytes"), std::string::npos) << resumed.out;
    expect_received("f");
}

TEST_F(Problem1Udp, SendsOneLinePerDatagram) {
    write_file(dir / "lines", "first\n\nthird, no newline at the end: ä");
    Server server = start({"--once", "--trace"});
    const Finished sent = run(client(server.port(), {"--lines", dir / "lines"}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
    expect_received("lines");
    // Eight bytes of offset, then the line with its newline.
    const std::string trace = server.process().err();
    EXPECT_NE(trace.find("<- LINE seq=1 len=14"), std::string::npos) << trace;
    EXPECT_NE(trace.find("<- LINE seq=2 len=9"), std::string::npos) << trace;
}

TEST_F(Problem1Udp, IgnoresGarbageAndStrangers) {
    Server server = start();
    RawUdp stranger(server.port());
    for (const char* text : {"", "hello", "\x03\x01"}) stranger.send(text);
    stranger.send(random_bytes(1400, 3));
    EXPECT_EQ(run(client(server.port(), {"--repair", make_file("f", 1'000)})).code, 0);
    expect_received("f");
    EXPECT_FALSE(stranger.receive(milliseconds(0)));
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Problem1Udp, HearsThatNoServerIsThere) {
    const DeadPort dead(SOCK_DGRAM);
    const Finished refused = run(client(dead.port(), {make_file("f", 1'000)}));
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("127.0.0.1:" + std::to_string(dead.port()) + ": Connection refused"),
              std::string::npos)
        << refused.err;
}

// It once counted as one that had got its END.
TEST_F(Problem1Udp, HearsThatTheServerDiesAtTheLastChunk) {
    std::optional<UdpSocket> server = UdpSocket::bind("127.0.0.1", 0);
    // The second chunk goes a second after the first.
    Subprocess sender(
        client(server->local_address().port(), {"--rate", "100", make_file("f", 200)}));
    std::array<std::byte, 1000> buffer{};
    for (std::size_t size = 0; size != kFrameOverhead + 100;) {
        ASSERT_TRUE(wait_readable(server->descriptor().get(), deadline_in(kPatience)));
        size = server->try_receive(buffer).value_or(0);
    }
    server.reset();
    EXPECT_EQ(sender.wait().code, 1);
    EXPECT_NE(sender.err().find("Connection refused"), std::string::npos) << sender.err();
}

}  // namespace
}  // namespace netlab::problem1
