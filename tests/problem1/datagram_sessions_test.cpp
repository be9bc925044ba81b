// SPDX-License-Identifier: MIT
#include "problem1/datagram_sessions.hpp"

#include <gtest/gtest.h>

#include "common/checksum.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

Address peer(std::uint16_t port) {
    return Address::resolve("127.0.0.1", port, SOCK_DGRAM).front();
}

// A table of sessions whose clock, network and log are ours.
struct Table {
    explicit Table(bool once = false)
        : options{.directory = dir.path()},
          sessions(options, seconds(3), once,
                   {.reply = [this](const Address&,
                                    const Frame& frame) { replies.push_back(describe(frame)); },
                    .result = [this](const std::string& text) { results += text; },
                    .problem = [this](const std::string& text) { problems += text; }}) {}

    void start(std::uint64_t size, std::uint8_t flags = 0, const std::string& name = "f",
               std::uint16_t from = 1000, std::uint32_t id = 1) {
        const std::uint64_t chunks = (size + 9) / 10;
        const auto payload = StartInfo{size, chunks, 10, 1, flags, name}.encode();
        sessions.handle(peer(from), {FrameType::start, id, 0, payload}, now);
    }

    void data(std::uint64_t number, std::string_view text, std::uint16_t from = 1000,
              std::uint32_t id = 1) {
        sessions.handle(peer(from), {FrameType::data, id, number, as_bytes(text)}, now);
    }

    void end(std::uint64_t sequence, std::string_view content, std::uint32_t round = 0,
             std::uint16_t from = 1000, std::uint32_t id = 1) {
        const auto payload = EndInfo{crc32(as_bytes(content)), round}.encode();
        sessions.handle(peer(from), {FrameType::end, id, sequence, payload}, now);
    }

    TempDir dir;
    ReceiveOptions options;
    std::vector<std::string> replies;
    std::string results;
    std::string problems;
    TimePoint now{seconds(1000)};
    DatagramSessions sessions;
};

TEST(DatagramSessions, PutAFileTogetherFromChunksInAnyOrderAndMoreThanOnce) {
    Table table;
    table.start(25);
    table.start(25);
    table.data(3, "ccccc");
    table.data(1, "aaaaaaaaaa");
    table.data(1, "aaaaaaaaaa");
    table.end(4, "aaaaaaaaaabbbbbbbbbbccccc");
    table.data(2, "bbbbbbbbbb");
    EXPECT_EQ(read_file(table.dir / "f"), "aaaaaaaaaabbbbbbbbbbccccc");
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f"});
    EXPECT_EQ(table.replies.size(), 0U) << "nothing is acknowledged";
}

TEST(DatagramSessions, NameTheMissingChunksOnceTheStragglersHaveHadTheirTime) {
    Table table;
    table.start(45);
    table.data(2, "bbbbbbbbbb");
    table.data(4, "dddddddddd");
    table.end(6, "whatever");
    table.now += milliseconds(499);
    table.sessions.expire(table.now);
    EXPECT_EQ(table.results, "");
    table.now += milliseconds(1);
    EXPECT_EQ(table.sessions.next_deadline(), table.now);
    table.sessions.expire(table.now);
    EXPECT_EQ(table.results,
              "missing chunk 1: bytes 0..9\n"
              "missing chunk 3: bytes 20..29\n"
              "missing chunk 5: bytes 40..44\n");
    EXPECT_NE(table.problems.find("2 of 5 chunks arrived, kept in f.part"), std::string::npos);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f.part"});
    EXPECT_EQ(table.sessions.first_outcome(), false);
}

TEST(DatagramSessions, WaitTheIdleTimeoutWhereEndIsLost) {
    Table table;
    table.start(10);
    table.data(1, "aaaaaaaaaa");
    table.now += milliseconds(2999);
    table.sessions.expire(table.now);
    EXPECT_EQ(table.problems, "");
    table.now += milliseconds(1);
    table.sessions.expire(table.now);
    EXPECT_NE(table.problems.find("END was lost"), std::string::npos);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f.part"});
}

TEST(DatagramSessions, NeverShowAFileWithAWrongChecksum) {
    Table table;
    table.start(10);
    table.data(1, "aaaaaaaaaa");
    table.end(2, "bbbbbbbbbb");
    EXPECT_NE(table.problems.find("checksum"), std::string::npos);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f.part"});
}

TEST(DatagramSessions, AskForMissingChunksWhereTheClientRepairs) {
    Table table;
    table.start(45, StartInfo::kRepair);
    table.data(2, "bbbbbbbbbb");
    table.end(6, "", 1);
    ASSERT_EQ(table.replies.size(), 1U);
    EXPECT_EQ(table.replies.back(), "NACK seq=6 len=36 round=1 missing=1,3-5");
}

TEST(DatagramSessions, AskForALostStartByItsNumber) {
    Table table;
    table.end(6, "", 1);
    ASSERT_EQ(table.replies.size(), 1U);
    EXPECT_EQ(table.replies.back(), "NACK seq=6 len=20 round=1 missing=0");
    table.end(6, "", 0);
    EXPECT_EQ(table.replies.size(), 1U) << "without repair nothing is answered";
}

TEST(DatagramSessions, SayDoneAgainToAnEndThatComesAgain) {
    Table table;
    table.start(10, StartInfo::kRepair);
    table.data(1, "aaaaaaaaaa");
    table.end(2, "aaaaaaaaaa", 1);
    table.end(2, "aaaaaaaaaa", 1);
    EXPECT_EQ(table.replies, (std::vector<std::string>{"DONE seq=2 len=0", "DONE seq=2 len=0"}));
}

TEST(DatagramSessions, IgnoreTheReplayOfATransferThatIsOver) {
    Table table;
    table.start(10);
    table.data(1, "aaaaaaaaaa");
    table.end(2, "aaaaaaaaaa");
    table.start(10);
    table.data(1, "bbbbbbbbbb");
    table.end(2, "bbbbbbbbbb");
    EXPECT_EQ(read_file(table.dir / "f"), "aaaaaaaaaa");
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f"});
}

TEST(DatagramSessions, DoNotMixClientsTransfersAndStrangers) {
    Table table;
    table.start(10, 0, "f", 1000, 1);
    table.start(10, 0, "g", 2000, 1);
    table.start(10, 0, "h", 1000, 2);
    table.data(1, "hhhhhhhhhh", 1000, 2);
    table.data(1, "gggggggggg", 2000, 1);
    table.data(1, "xxxxxxxxxx", 3000, 1);
    table.data(1, "ffffffffff", 1000, 1);
    table.end(2, "hhhhhhhhhh", 0, 1000, 2);
    table.end(2, "gggggggggg", 0, 2000, 1);
    table.end(2, "ffffffffff", 0, 1000, 1);
    EXPECT_EQ(read_file(table.dir / "f"), "ffffffffff");
    EXPECT_EQ(read_file(table.dir / "g"), "gggggggggg");
    EXPECT_EQ(read_file(table.dir / "h"), "hhhhhhhhhh");
}

TEST(DatagramSessions, RefuseASecondTransferOfANameThatIsBeingWritten) {
    Table table;
    table.start(10, 0, "f", 1000);
    table.start(10, StartInfo::kRepair, "f", 2000);
    EXPECT_NE(table.problems.find("another transfer of f is under way"), std::string::npos);
    ASSERT_EQ(table.replies.size(), 1U);
    EXPECT_NE(table.replies[0].find("ERROR"), std::string::npos);
    table.data(1, "aaaaaaaaaa", 1000);
    table.end(2, "aaaaaaaaaa", 0, 1000);
    EXPECT_EQ(read_file(table.dir / "f"), "aaaaaaaaaa");
}

TEST(DatagramSessions, RefuseNamesThatLeadElsewhere) {
    for (const std::string name : {"../f", "/etc/passwd", "a/b", "", "..", "f.part", "a\nb"}) {
        Table table;
        table.start(10, 0, name);
        EXPECT_NE(table.problems, "") << name;
        EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{}) << name;
    }
}

TEST(DatagramSessions, EndATransferWhoseChunksContradictItsStart) {
    for (const auto& [number, text] : {std::pair(1U, "short"), {2U, "aaaaaaaaaa"}, {0U, "a"}}) {
        Table table;
        table.start(10);
        table.data(number, text);
        EXPECT_NE(table.problems, "") << number;
    }
}

TEST(DatagramSessions, WithOnceLingerForALostDoneOnlyWhereTheClientRepairs) {
    Table plain(true);
    plain.start(0);
    EXPECT_FALSE(plain.sessions.ended(plain.now));
    plain.end(1, "");
    EXPECT_TRUE(plain.sessions.ended(plain.now));
    plain.end(1, "");  // its client sends several
    EXPECT_TRUE(plain.sessions.ended(plain.now));

    Table repairing(true);
    repairing.start(0, StartInfo::kRepair);
    repairing.end(1, "", 1);
    EXPECT_FALSE(repairing.sessions.ended(repairing.now + milliseconds(2999)));
    EXPECT_TRUE(repairing.sessions.ended(repairing.now + milliseconds(3000)));
}

}  // namespace
}  // namespace netlab::problem1
