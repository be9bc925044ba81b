// SPDX-License-Identifier: MIT
//
// tcp_server and tcp_client as they are run by hand: what arrives, what is sent again, what is
// said.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/problem1/transfer_fixture.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

// The number before `unit` in a summary line, such as "retransmissions?".
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
        EXPECT_NE(
            sent.out.find("sent " + name + ": " + name + (size == 1 ? " byte in " : " bytes in ") +
                          chunks + (chunks == "1" ? " chunk, " : " chunks, ")),
            std::string::npos)
            << sent.out;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Problem1TcpWindow, ::testing::Values("1", "16", "256"));

// An upload whose first 4 GiB have come already: neither side writes them, but both read them for
// the checksum. Chunks of a byte, so that their numbers exceed 32 bits as well.
TEST_F(Problem1Tcp, SendsAFileOfMoreThan4GiB) {
    if (sanitized()) GTEST_SKIP() << "a matter of minutes under a sanitizer";
    constexpr std::uint64_t kPart = (std::uint64_t{1} << 32) - 1000;
    constexpr std::uint64_t kSize = kPart + 2000;
    // Holes in a tmpfs are read without a page of memory for each.
    const TempDir shm(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : dir.path());
    std::filesystem::create_directory(shm / "received");
    for (const char* name : {"big", "received/big.part"}) {
        write_file(shm / name, "begin");
        std::filesystem::resize_file(shm / name, kPart);
    }
    const std::string tail = random_bytes(kSize - kPart, 1);
    std::ofstream(shm / "big", std::ios::binary | std::ios::app) << tail;

    Server server("problem1/tcp_server", {"--dir", shm / "received"});
    const Argv args{"--resume", "--chunk-size", "1", "--window", "256", shm / "big"};
    const Finished sent = run(client(server.port(), args), "", seconds(60));
    EXPECT_EQ(sent.code, 0) << sent.err;
    EXPECT_NE(sent.out.find("sent big: 2000 bytes in 2000 chunks"), std::string::npos) << sent.out;
    ASSERT_EQ(std::filesystem::file_size(shm / "received/big"), kSize);
    std::ifstream big(shm / "received/big", std::ios::binary);
    big.seekg(static_cast<std::streamoff>(kPart));
    std::string received(tail.size(), ' ');
    big.read(received.data(), static_cast<std::streamsize>(received.size()));
    EXPECT_TRUE(same_bytes(received, tail));
}

TEST_F(Problem1Tcp, ResendsTheUnitWhoseAckIsLost) {
    Server server = start({"--impair", "drop=2"});  // its first message is ACCEPT
    const Finished sent = run(client(server.port(), {"--trace", make_file("f", 250)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_GE(count_of(sent.out, "retransmissions?"), 1);
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
    EXPECT_EQ(occurrences(sent.err, "-> DATA seq=1"), 1 + count_of(sent.out, "retransmissions?"))
        << sent.out << sent.err;
    EXPECT_EQ(occurrences(sent.err, "(dropped by --impair)"), 1);
}

TEST_F(Problem1Tcp, SurvivesALossyServer) {
    Server server = start({"--impair", "loss=20%,seed=3"});
    const Finished sent = run(client(server.port(), {make_file("f", 20'000)}));
    EXPECT_EQ(sent.code, 0) << sent.err;
    expect_received("f");
    EXPECT_GE(count_of(sent.out, "retransmissions?"), 10) << sent.out;
}

// All windows at the same time: most of it is waiting for timers.
TEST_F(Problem1Tcp, SurvivesEveryKindOfFaultAtBothEndsWithAnyWindow) {
    const std::string faults = "loss=10%,duplicate=10%,reorder=10%,corrupt=5%,";
    Server server = start({"--impair", faults + "jitter=2ms,seed=5"});
    std::vector<std::unique_ptr<Subprocess>> clients;
    for (const std::string window : {"1", "16", "300"}) {
        const Argv args{"--window",
                        window,
                        "--impair",
                        faults + "delay=1ms,seed=6",
                        "--retries",
                        "30",
                        make_file("f" + window, 5'050)};
        clients.push_back(std::make_unique<Subprocess>(client(server.port(), args)));
    }
    for (const auto& one : clients) EXPECT_EQ(one->wait(seconds(60)).code, 0) << one->err();
    for (const char* name : {"f1", "f16", "f300"}) expect_received(name);
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

}  // namespace
}  // namespace netlab::problem1
