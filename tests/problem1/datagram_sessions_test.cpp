// SPDX-License-Identifier: MIT
#include "problem1/datagram_sessions.hpp"

#include <gtest/gtest.h>

#include "common/checksum.hpp"
#include "problem1/storage.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

Address peer(std::uint16_t port) {
    return Address::resolve("127.0.0.1", port, SOCK_DGRAM).front();
}

constexpr std::uint64_t kToken = 0x1234;

// A table of sessions whose clock, network and log are ours.
struct Table {
    explicit Table(bool once = false)
        : options{.directory = dir.path()},
          sessions(folder_storage(options, false), {.idle_timeout = seconds(3), .once = once},
                   {.reply =
                        [this](const Address&, const Frame& frame) {
                            replies.push_back(describe(frame));
                            replied_bytes += kFrameOverhead + frame.payload.size();
                        },
                    .commit = [this](DatagramUpload& file) { commits.push_back(&file); },
                    .result = [this](const std::string& text) { results += text; },
                    .problem = [this](const std::string& text) { problems += text; },
                    .random = [] { return kToken; }}) {}

    void start(std::uint64_t size, std::uint8_t flags = 0, const std::string& name = "f",
               std::uint16_t from = 1000, std::uint32_t id = 1) {
        const std::uint64_t chunks = (size + 9) / 10;
        const auto payload = StartInfo{size, chunks, 10, 1, flags, name}.encode();
        send(from, {FrameType::start, id, 0, payload});
    }

    void data(std::uint64_t number, std::string_view text, std::uint16_t from = 1000,
              std::uint32_t id = 1) {
        send(from, {FrameType::data, id, number, as_bytes(text)});
    }

    void end(std::uint64_t sequence, std::string_view content, std::uint32_t round = 0,
             std::uint16_t from = 1000, std::uint32_t id = 1, std::uint64_t token = 0) {
        const auto payload = EndInfo{crc32c(as_bytes(content)), round, token}.encode();
        send(from, {FrameType::end, id, sequence, payload});
    }

    // The disk is as fast as can be.
    void send(std::uint16_t from, const Frame& frame) {
        received_bytes += kFrameOverhead + frame.payload.size();
        sessions.on_frame(peer(from), frame, now);
        if (disk_works) commit_all();
    }

    void commit_all() {
        for (DatagramUpload* file : std::exchange(commits, {})) {
            sessions.on_committed(*file, file->upload->commit(file->end->crc), now);
        }
    }

    TempDir dir;
    ReceiveOptions options;
    bool disk_works = true;
    std::vector<DatagramUpload*> commits;
    std::uint64_t received_bytes = 0;
    std::uint64_t replied_bytes = 0;
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
    table.sessions.on_timer(table.now);
    EXPECT_EQ(table.results, "");
    table.now += milliseconds(1);
    EXPECT_EQ(table.sessions.next_deadline(), table.now);
    table.sessions.on_timer(table.now);
    EXPECT_EQ(table.results,
              "missing chunk 1: bytes 0..9\n"
              "missing chunk 3: bytes 20..29\n"
              "missing chunk 5: bytes 40..44\n");
    EXPECT_NE(table.problems.find("2 of 5 chunks arrived, kept in " + (table.dir / "f.part")),
              std::string::npos);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f.part"});
    EXPECT_EQ(table.sessions.first_outcome(), false);
}

TEST(DatagramSessions, WaitTheIdleTimeoutWhereEndIsLost) {
    Table table;
    table.start(10);
    table.data(1, "aaaaaaaaaa");
    table.now += milliseconds(2999);
    table.sessions.on_timer(table.now);
    EXPECT_EQ(table.problems, "");
    table.now += milliseconds(1);
    table.sessions.on_timer(table.now);
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
    EXPECT_EQ(table.replies.back(), "NACK seq=6 len=44 round=1 missing=1,3-5");
}

TEST(DatagramSessions, AskForALostStartByItsNumber) {
    Table table;
    table.end(6, "", 1);
    ASSERT_EQ(table.replies.size(), 1U);
    EXPECT_EQ(table.replies.back(), "NACK seq=6 len=28 round=1 missing=0");
    table.end(6, "", 0);
    EXPECT_EQ(table.replies.size(), 1U) << "without repair nothing is answered";
}

TEST(DatagramSessions, SayDoneAgainToAnEndThatComesAgain) {
    Table table;
    table.start(10, StartInfo::kRepair);
    table.data(1, "aaaaaaaaaa");
    table.end(2, "aaaaaaaaaa", 1);
    table.end(2, "aaaaaaaaaa", 1);
    EXPECT_EQ(table.replies, (std::vector<std::string>{"ACK seq=2 len=0", "DONE seq=2 len=0",
                                                       "DONE seq=2 len=0"}));
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

TEST(DatagramSessions, AnswerOthersWhileADiskIsSlow) {
    Table table;
    table.disk_works = false;
    table.start(10, StartInfo::kRepair, "slow", 1000);
    table.data(1, "aaaaaaaaaa", 1000);
    table.end(2, "aaaaaaaaaa", 1, 1000);
    EXPECT_EQ(table.replies, std::vector<std::string>{"ACK seq=2 len=0"});
    table.now += seconds(60);
    table.sessions.on_timer(table.now);
    EXPECT_EQ(table.problems, "") << "a disk is not a silent client";

    table.start(10, StartInfo::kRepair, "other", 2000);
    table.end(2, "bbbbbbbbbb", 1, 2000);
    EXPECT_EQ(table.replies.back(), "NACK seq=2 len=28 round=1 missing=1");
    ASSERT_EQ(table.commits.size(), 1U);
    table.commit_all();
    EXPECT_EQ(table.replies.back(), "DONE seq=2 len=0");
    EXPECT_EQ(read_file(table.dir / "slow"), "aaaaaaaaaa");
}

// A START and an END with a forged sender, and then as many ENDs as one likes.
TEST(DatagramSessions, SendAtMostThreeTimesWhatCameUntilTheTokenComesBack) {
    Table table;
    table.start(20'000, StartInfo::kRepair);
    for (std::uint64_t number = 2; number < 200; number += 2) table.data(number, "aaaaaaaaaa");
    for (std::uint32_t round = 1; round < 300; ++round) {
        table.end(2001, "", round);
        ASSERT_LE(table.replied_bytes, 3 * table.received_bytes) << "after END " << round;
    }
    EXPECT_GE(table.replies.size(), 1U) << "a first reply that fits goes at once";

    Table proved;
    proved.start(20'000, StartInfo::kRepair);
    for (std::uint64_t number = 2; number < 1000; number += 2) {
        proved.data(number, "aaaaaaaaaa");
    }
    proved.end(2001, "", 1);
    proved.end(2001, "", 2, 1000, 1, kToken);
    EXPECT_NE(proved.replies.back().find(",999-2000"), std::string::npos) << "all that is missing";
}

TEST(DatagramSessions, LeaveNothingOfATransferThatNothingCameOf) {
    Table table;
    table.start(10);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{"f.part"});
    table.now += seconds(3);
    table.sessions.on_timer(table.now);
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{});
    EXPECT_NE(table.problems.find("0 of 1 chunks arrived"), std::string::npos);
    EXPECT_EQ(table.problems.find(".part"), std::string::npos) << table.problems;
}

// The disk is at work: nothing but its answer ends the transfer now.
TEST(DatagramSessions, DropBadFramesOfAFileThatIsBeingCommitted) {
    Table table;
    table.disk_works = false;
    table.start(10, StartInfo::kRepair);
    table.data(1, "aaaaaaaaaa");
    table.end(2, "aaaaaaaaaa", 1);
    table.data(7, "no such chunk");
    table.send(1000, {FrameType::end, 1, 2, as_bytes("short")});
    EXPECT_EQ(table.problems, "");
    table.commit_all();
    EXPECT_EQ(table.replies.back(), "DONE seq=2 len=0");
    EXPECT_EQ(read_file(table.dir / "f"), "aaaaaaaaaa");
}

TEST(DatagramSessions, LetNobodyTakeAllThePlacesAndSayOnceASecondThatThereAreTooMany) {
    Table table;
    for (std::uint32_t id = 1; id <= DatagramSessions::kMaxSessionsOfAHost; ++id) {
        table.start(10, 0, "f" + std::to_string(id), 1000, id);
    }
    EXPECT_EQ(table.problems, "");
    table.start(10, 0, "one more", 1001, 1000);
    EXPECT_EQ(table.problems, "127.0.0.1:1001: one more: the server is full");
    table.start(10, StartInfo::kRepair, "and more", 1002, 1001);
    EXPECT_EQ(table.problems.find("127.0.0.1:1002"), std::string::npos);
    ASSERT_EQ(table.replies.size(), 1U) << "a client that repairs hears of it";
    EXPECT_NE(table.replies[0].find("the server is full"), std::string::npos);
    table.now += seconds(1);
    table.start(10, 0, "later", 1003, 1002);
    EXPECT_NE(table.problems.find("127.0.0.1:1003"), std::string::npos);

    const Address other = Address::resolve("127.0.0.2", 1000, SOCK_DGRAM).front();
    const auto payload = StartInfo{10, 1, 10, 1, 0, "theirs"}.encode();
    table.sessions.on_frame(other, {FrameType::start, 5, 0, payload}, table.now);
    table.sessions.on_frame(other, {FrameType::data, 5, 1, as_bytes("0123456789")}, table.now);
    table.sessions.give_up_all(table.now);
    EXPECT_EQ(read_file(table.dir / "theirs.part"), "0123456789");
}

TEST(DatagramSessions, KnowNoTransferOfNumber0) {
    Table table;
    table.start(10, StartInfo::kRepair, "f", 1000, 0);
    table.end(2, "", 1, 1000, 0);
    EXPECT_EQ(table.replies, std::vector<std::string>{});
    EXPECT_EQ(file_names(table.dir.path()), std::vector<std::string>{});
}

}  // namespace
}  // namespace netlab::problem1
