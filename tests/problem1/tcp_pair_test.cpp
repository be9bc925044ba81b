// SPDX-License-Identifier: MIT
//
// tcp_server and tcp_client as they are run by hand: what arrives, what is sent again, what is
// said.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/problem1/transfer_fixture.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

// The number before `unit` in a summary line, such as "retransmissions".
int count_of(const std::string& text, const std::string& unit) {
    const auto match = matching("([0-9]+) " + unit).find(text);
    return match ? std::stoi(match->groups[1]) : -1;
}

int occurrences(const std::string& text, const std::string& part) {
    int count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

class Problem1Tcp : public TransferTest {
  protected:
    Problem1Tcp() : TransferTest("tcp") {}
};

class Problem1TcpWindow : public Problem1Tcp, public ::testing::WithParamInterface<const char*> {};

TEST_P(Problem1TcpWindow, DeliversFilesOfAllSizesByteForByte) {
    Server server = start();
    Argv args{"--window", GetParam()};
    const std::vector<std::size_t> sizes{0, 1, 99, 100, 101, 200, 65'535, 65'536, 6'553'601};
    for (const std::size_t size : sizes) args.push_back(make_file(std::to_string(size), size));
    const Finished sent = run(client(server.port(), args), "", seconds(60));
    EXPECT_EQ(sent.code, 0) << sent.err;
    for (const std::size_t size : sizes) {
        expect_received(std::to_string(size));
        const std::string chunks = std::to_string((size + 99) / 100);
        const std::string name = std::to_string(size);
        EXPECT_NE(sent.out.find("sent " + name + ": " + name + " bytes in " + chunks +
                                (chunks == "1" ? " chunk, " : " chunks, ")),
                  std::string::npos)
            << sent.out;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Problem1TcpWindow, ::testing::Values("1", "16", "256"));

TEST_F(Problem1Tcp, KeepsANameWithASpaceAndAnAccent) {
    Server server = start();
    const Finished sent = run(client(server.port(), {make_file("ein Café.txt", 1234)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("ein Café.txt");
}

TEST_F(Problem1Tcp, SendsAFileOfMoreThan4GiB) {
#ifdef NETLAB_SANITIZED
    GTEST_SKIP() << "a matter of minutes under a sanitizer";
#endif
    constexpr std::uint64_t kSize = (std::uint64_t{4} << 30) + 12'345;
    if (std::filesystem::space(dir.path()).available < kSize + (std::uint64_t{1} << 30)) {
        GTEST_SKIP() << "not enough disk space";
    }
    write_file(dir / "big", "begin");
    std::filesystem::resize_file(dir / "big", kSize);
    {
        std::fstream big(dir / "big", std::ios::in | std::ios::out | std::ios::binary);
        big.seekp(static_cast<std::streamoff>(kSize - 3));
        big << "end";
    }
    Server server = start();
    const Finished sent =
        run(client(server.port(), {"--chunk-size", "60000", "--window", "256", dir / "big"}), "",
            seconds(110));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(std::filesystem::file_size(dir / "received/big"), kSize);
    std::ifstream big(dir / "received/big", std::ios::binary);
    char head[6] = {};
    char tail[4] = {};
    big.read(head, 5);
    big.seekg(static_cast<std::streamoff>(kSize - 3));
    big.read(tail, 3);
    EXPECT_STREQ(head, "begin");
    EXPECT_STREQ(tail, "end");
}

TEST_F(Problem1Tcp, ResendsTheUnitWhoseAckIsLost) {
    Server server = start({"--impair", "drop=2"});  // its first message is ACCEPT
    const Finished sent = run(client(server.port(), {"--trace", make_file("f", 250)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_GE(count_of(sent.out, "retransmissions"), 1);
    std::size_t at = 0;
    for (const char* step : {"-> DATA seq=1 len=100$", "-- timeout seq=1 after ",
                             "-> DATA seq=1 len=100$", "<- ACK seq=1 ", "-> DATA seq=2 "}) {
        const auto found = matching(step).find(sent.err, at);
        ASSERT_TRUE(found) << step << " in\n" << sent.err;
        at = found->end;
    }
}

TEST_F(Problem1Tcp, ResendsExactlyTheUnitThatIsLost) {
    Server server = start();
    const Finished sent =
        run(client(server.port(), {"--trace", "--impair", "drop=2", make_file("f", 100)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_EQ(occurrences(sent.err, "-> DATA seq=1"), 1 + count_of(sent.out, "retransmissions"))
        << sent.out << sent.err;
    EXPECT_EQ(occurrences(sent.err, "(dropped by --impair)"), 1);
}

TEST_F(Problem1Tcp, SurvivesALossyServer) {
    Server server = start({"--impair", "loss=20%,seed=3"});
    const Finished sent = run(client(server.port(), {make_file("f", 20'000)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_GE(count_of(sent.out, "retransmissions"), 10) << sent.out;
}

TEST_F(Problem1Tcp, SurvivesEveryKindOfFaultAtBothEndsWithAnyWindow) {
    for (const char* window : {"1", "16", "300"}) {
        SCOPED_TRACE(std::string("window ") + window);
        Server server =
            start({"--impair", "loss=10%,duplicate=10%,reorder=10%,corrupt=5%,jitter=2ms,seed=5"});
        const Finished sent = run(
            client(server.port(), {"--window", window, "--impair",
                                   "loss=10%,duplicate=10%,reorder=10%,corrupt=5%,delay=1ms,seed=6",
                                   "--retries", "30", make_file("f", 10'050)}),
            "", seconds(60));
        EXPECT_EQ(sent.code, 0) << sent.err;
        expect_received("f");
    }
}

TEST_F(Problem1Tcp, NeverSendsBecauseOfADuplicateAck) {
    for (const char* window : {"1", "8"}) {
        Server server = start({"--impair", "duplicate=100%"});
        const Finished sent =
            run(client(server.port(), {"--window", window, "--trace", make_file("f", 5'000)}));
        EXPECT_EQ(sent.code, 0) << sent.err;
        EXPECT_GE(occurrences(sent.err, "<- ACK"), 98);
        // START, 50 chunks and END once each, and again only where a timer has fired.
        EXPECT_EQ(occurrences(sent.err, "-> "), 52 + occurrences(sent.err, "-- "));
    }
}

TEST_F(Problem1Tcp, GivesUpAfterTheRetriesAndNamesTheChunk) {
    // ACCEPT, the ACK of chunk 1, and then nothing more.
    Server server = start({"--impair", "drop=3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19+20"});
    const Finished sent = run(client(server.port(), {"--retries", "3", make_file("f", 300)}));
    EXPECT_EQ(sent.code, 1);
    EXPECT_NE(sent.err.find("chunk 2 of 3 was not acknowledged after 3 retransmissions"),
              std::string::npos)
        << sent.err;
    EXPECT_EQ(file_names(dir / "received"), std::vector<std::string>{"f.part"});
}

TEST_F(Problem1Tcp, CarriesOnWithTheOtherFilesAfterOneThatCannotBeSent) {
    Server server = start({"--max-size", "1K"});
    const Finished sent =
        run(client(server.port(), {make_file("a", 10), dir / "missing", make_file("big", 1025),
                                   make_file("b", 1024)}));
    EXPECT_EQ(sent.code, 1);
    expect_received("a");
    expect_received("b");
    EXPECT_EQ(file_names(dir / "received"), (std::vector<std::string>{"a", "b"}));
    EXPECT_NE(sent.err.find("missing: No such file or directory"), std::string::npos) << sent.err;
    EXPECT_NE(sent.err.find("big: server: file of 1025 bytes; this server takes at most 1024"),
              std::string::npos)
        << sent.err;
}

TEST_F(Problem1Tcp, ReplacesAnOlderFileUnlessToldNotTo) {
    const std::string path = make_file("f", 100);
    Server server = start();
    EXPECT_EQ(run(client(server.port(), {path})).code, 0);
    make_file("f", 200);
    EXPECT_EQ(run(client(server.port(), {path})).code, 0);
    expect_received("f");

    Server careful = start({"--no-overwrite"});
    make_file("f", 300);
    const Finished refused = run(client(careful.port(), {path}));
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find("create f: File exists"), std::string::npos) << refused.err;
    EXPECT_EQ(std::filesystem::file_size(dir / "received/f"), 200U);
    EXPECT_EQ(file_names(dir / "received"), std::vector<std::string>{"f"});
}

TEST_F(Problem1Tcp, ServesManyClientsAtTheSameTime) {
    Server server = start();
    std::vector<std::unique_ptr<Subprocess>> clients;
    for (std::size_t i = 0; i < 16; ++i) {
        const std::string path = make_file("f" + std::to_string(i), 20'000 + i);
        clients.push_back(std::make_unique<Subprocess>(client(server.port(), {path})));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->wait().code, 0) << clients[i]->err();
        expect_received("f" + std::to_string(i));
    }
}

TEST_F(Problem1Tcp, SurvivesAConnectionThatDeliversOneByteAtATime) {
    Server server = start();
    TcpProxyOptions options;
    options.to_server.write_size = 1;
    options.to_client.write_size = 1;
    TcpProxy proxy(server.port(), options);
    const Finished sent =
        run(client(proxy.port(), {"--window", "4", "--timeout", "5s", make_file("f", 1'010)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
}

TEST_F(Problem1Tcp, WorksOverIpv6) {
    Server server = start({"-H", "::1"});
    Argv argv = client(server.port(), {"-H", "::1", make_file("f", 500)});
    EXPECT_EQ(run(argv).code, 0);
    expect_received("f");
    EXPECT_NE(server.process().out().find("listening on [::1]:"), std::string::npos);
}

TEST_F(Problem1Tcp, WithOnceExitsWithTheOutcomeOfItsOneClient) {
    Server good = start({"--once"});
    EXPECT_EQ(run(client(good.port(), {make_file("f", 100)})).code, 0);
    EXPECT_EQ(good.process().wait().code, 0);

    Server bad = start({"--once", "--max-size", "10"});
    EXPECT_EQ(run(client(bad.port(), {make_file("f", 100)})).code, 1);
    EXPECT_EQ(bad.process().wait().code, 1);
}

TEST_F(Problem1Tcp, TracesBothEndsInTheSameWords) {
    Server server = start({"--trace", "--once"});
    const Finished sent = run(client(server.port(), {"--trace", make_file("f", 50)}));
    EXPECT_EQ(sent.code, 0);
    server.process().wait();
    const Pattern line = matching(
        "^ +[0-9]+\\.[0-9]{3} ms  ((->|<-) (START|ACCEPT|DATA|ACK|END|DONE) seq=[0-9]+ len=[0-9]+|"
        "-- (timeout|probe) seq=[0-9]+ after )");  // on a busy machine
    for (const std::string& text : {sent.err, server.process().err()}) {
        std::istringstream lines(text);
        int count = 0;
        for (std::string one; std::getline(lines, one); ++count) {
            EXPECT_TRUE(line.find(one)) << one;
        }
        EXPECT_GE(count, 7) << text;
    }
}

}  // namespace
}  // namespace netlab::problem1
