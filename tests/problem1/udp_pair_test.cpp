// SPDX-License-Identifier: MIT
//
// udp_server and udp_client as they are run by hand, with and without faults on the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

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

TEST_F(Problem1Udp, LosesNothingOf10MiBAtTheDefaultPace) {
    Server server = start({"--once"});
    const Finished sent = run(client(server.port(), {make_file("f", 10 << 20)}), "", seconds(60));
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
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
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

TEST_F(Problem1Udp, RepairsALossOf30PercentBothWays) {
    for (int seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const std::string loss = "loss=30%,seed=" + std::to_string(seed);
        const std::string name = "f" + std::to_string(seed);
        Server server = start({"--impair", loss});
        const Finished sent = run(
            client(server.port(), {"--repair", "--impair", loss + "1", make_file(name, 20'000)}));
        EXPECT_EQ(sent.code, 0) << sent.err;
        expect_received(name);
    }
}

TEST_F(Problem1Udp, RepairsThroughLossReorderingDuplicationCorruptionAndDelay) {
    Server server = start();
    UdpProxyOptions options;
    options.to_server = {.loss = 0.1,
                         .duplicate = 0.1,
                         .reorder = 0.1,
                         .corrupt = 0.05,
                         .delay = milliseconds(5),
                         .jitter = milliseconds(5)};
    options.to_client = options.to_server;
    UdpFaultProxy proxy(server.port(), options);
    SCOPED_TRACE(proxy.describe());
    const Finished sent = run(client(proxy.port(), {"--repair", make_file("f", 50'000)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
}

TEST_F(Problem1Udp, RepairSendsAgainOnlyWhatWasLost) {
    Server server = start();
    const Finished sent = run(client(
        server.port(), {"--repair", "--trace", "--impair", "drop=7+8+20", make_file("f", 10'000)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_NE(sent.err.find("missing=3-4,16"), std::string::npos) << sent.err;
    std::size_t sends = 0;
    const Pattern data = matching("-> DATA seq=");
    for (auto found = data.find(sent.err); found; found = data.find(sent.err, found->end)) ++sends;
    EXPECT_EQ(sends, 103U) << sent.err;
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

TEST_F(Problem1Udp, NamesLostLinesByTheirNumbersAndRepairsThem) {
    std::string text;
    for (int i = 1; i <= 100; ++i) text += "line " + std::to_string(i) + "\n";
    write_file(dir / "lines", text);
    Server server = start({"--once"});
    EXPECT_EQ(
        run(client(server.port(), {"--lines", "--impair", "drop=9+10+24", dir / "lines"})).code, 0);
    EXPECT_EQ(server.process().wait().code, 1);
    EXPECT_NE(server.process().out().find("missing lines 5-6\nmissing line 20\n"),
              std::string::npos);

    Server repairing = start();
    EXPECT_EQ(run(client(repairing.port(),
                         {"--lines", "--repair", "--impair", "loss=20%", dir / "lines"}))
                  .code,
              0);
    expect_received("lines");
}

TEST_F(Problem1Udp, RefusesALineThatNoDatagramHoldsBeforeAnythingIsSent) {
    write_file(dir / "lines", "short\n" + std::string(60'000, 'x') + "\n");
    Server server = start({"--trace"});
    const Finished sent = run(client(server.port(), {"--lines", dir / "lines"}));
    EXPECT_EQ(sent.code, 1);
    EXPECT_NE(sent.err.find("line 2 is longer than a datagram can be"), std::string::npos)
        << sent.err;
    EXPECT_EQ(server.process().err(), "");
}

TEST_F(Problem1Udp, KeepsSeveralClientsApart) {
    Server server = start();
    std::vector<std::unique_ptr<Subprocess>> clients;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::string path = make_file("f" + std::to_string(i), 30'000 + i);
        clients.push_back(std::make_unique<Subprocess>(client(server.port(), {"--repair", path})));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->wait().code, 0) << clients[i]->err();
        expect_received("f" + std::to_string(i));
    }
}

TEST_F(Problem1Udp, SendsTheFileInASecondAtARateOfItsSizeASecond) {
    Server server = start({"--once"});
    const Finished sent =
        run(client(server.port(), {"--rate", "100K", make_file("f", 100 * 1024)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_GE(sent.elapsed, milliseconds(900));
    EXPECT_EQ(server.process().wait().code, 0) << server.process().err();
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

TEST_F(Problem1Udp, TellsTheReasonOfARefusalWhereItMayAnswer) {
    Server server = start({"--max-size", "100"});
    const Finished refused = run(client(server.port(), {"--repair", make_file("f", 101)}));
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("f: server: file of 101 bytes; this server takes at most 100"),
              std::string::npos)
        << refused.err;
}

TEST_F(Problem1Udp, HearsThatNoServerIsThere) {
    const DeadPort dead(SOCK_DGRAM);
    const Finished refused = run(client(dead.port(), {make_file("f", 1'000)}));
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("127.0.0.1:" + std::to_string(dead.port()) + ": Connection refused"),
              std::string::npos)
        << refused.err;
}

}  // namespace
}  // namespace netlab::problem1
