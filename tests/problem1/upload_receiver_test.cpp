// SPDX-License-Identifier: MIT
#include "problem1/upload_receiver.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "problem1/storage.hpp"
#include "tests/problem1/recording_sink.hpp"
#include "tests/support/files.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;
using Outcome = UploadReceiver::Outcome;

// One connection to tcp_server, frame by frame: files of 25 bytes in chunks of 10.
struct Connection {
    explicit Connection(std::uint64_t max_size = 1'000'000)
        : options{.directory = dir.path(), .max_size = max_size} {}

    Lines start(std::uint32_t transfer, const std::string& name = "f", std::uint8_t flags = 0,
                std::uint32_t window = 4) {
        const auto payload = StartInfo{25, 3, 10, window, flags, name}.encode();
        return send({FrameType::start, transfer, 0, payload});
    }
    Lines data(std::uint32_t transfer, std::uint64_t number) {
        const std::string text(number == 3 ? 5 : 10, static_cast<char>('a' + number - 1));
        return send({FrameType::data, transfer, number, as_bytes(text)});
    }
    Lines end(std::uint32_t transfer, std::string_view content = kContent) {
        return send({FrameType::end, transfer, 4, EndInfo{crc32c(as_bytes(content))}.encode()});
    }
    Lines send(const Frame& frame) {
        receiver.on_frame(frame, now, sink);
        if (receiver.wants_commit()) receiver.commit(now, sink);
        receiver.flush(now);
        return sink.take();
    }
    void whole(std::uint32_t transfer, const std::string& name) {
        start(transfer, name);
        for (const std::uint64_t n : {1U, 2U, 3U}) data(transfer, n);
        EXPECT_EQ(end(transfer), (Lines{"ACK seq=4 len=0", "DONE seq=4 len=0"}));
    }

    static constexpr std::string_view kContent = "aaaaaaaaaabbbbbbbbbbccccc";
    TempDir dir;
    ReceiveOptions options;
    std::vector<std::pair<Outcome, std::string>> reports;
    UploadReceiver receiver{folder_storage(options, true), [this](auto outcome, auto& line) {
                                reports.emplace_back(outcome, line);
                            }};
    RecordingSink sink;
    TimePoint now{seconds(1000)};
};

TEST(UploadReceiver, AcknowledgesEachChunkAndStoresTheFileAtTheEnd) {
    Connection c;
    EXPECT_EQ(c.start(1), Lines{"ACCEPT seq=0 len=8 offset=0"});
    EXPECT_EQ(c.data(1, 1), Lines{"ACK seq=1 len=0"});
    EXPECT_EQ(c.data(1, 3), Lines{"ACK seq=3 len=0"}) << "early";
    EXPECT_EQ(read_file(c.dir / "f.part"), "aaaaaaaaaa") << "always a prefix";
    EXPECT_EQ(c.data(1, 2), Lines{"ACK seq=2 len=0"});
    EXPECT_EQ(c.end(1), (Lines{"ACK seq=4 len=0", "DONE seq=4 len=0"}));
    EXPECT_EQ(read_file(c.dir / "f"), c.kContent);
    ASSERT_EQ(c.reports.size(), 1U);
    EXPECT_EQ(c.reports[0].first, Outcome::complete);
}

// Before the peer hears of it, the name is free again, and nothing empty is left.
TEST(UploadReceiver, LetsTheFileGoWhereItCannotBeCommitted) {
    Connection c;
    std::filesystem::create_directory(c.dir / "f");
    const auto empty = StartInfo{.chunk_size = 10, .name = "f"}.encode();
    c.send({FrameType::start, 1, 0, empty});
    const auto end = EndInfo{Crc32c().value()}.encode();
    EXPECT_NE(c.send({FrameType::end, 1, 1, end}).back().find("ERROR"), std::string::npos)
        << "a folder has that name";
    EXPECT_EQ(file_names(c.dir.path()), Lines{"f/"});
}

// A START that comes late used to replace the upload of the next file.
TEST(UploadReceiver, AnswersTheEchoesOfAFinishedTransferAndGoesOnWithTheNextOne) {
    Connection c;
    c.whole(1, "first");
    c.start(2, "second");
    c.data(2, 1);
    EXPECT_EQ(c.start(1, "first"), Lines{"ACCEPT seq=0 len=8 offset=0"});
    EXPECT_EQ(c.data(1, 2), Lines{"ACK seq=2 len=0"});
    EXPECT_EQ(c.end(1), (Lines{"ACK seq=4 len=0", "DONE seq=4 len=0"}));
    c.data(2, 2);
    c.data(2, 3);
    EXPECT_EQ(c.end(2), (Lines{"ACK seq=4 len=0", "DONE seq=4 len=0"}));
    EXPECT_EQ(read_file(c.dir / "second"), c.kContent);
    EXPECT_EQ(file_names(c.dir.path()), (Lines{"first", "second"}));
}

TEST(UploadReceiver, DropsAnEndBeforeTheLastChunkAndDataBeyondTheWindowAndGoesOn) {
    Connection c;
    c.start(1, "f", 0, 2);
    EXPECT_EQ(c.end(1), Lines{});
    EXPECT_EQ(c.data(1, 3), Lines{}) << "the window is the span from the lowest missing chunk";
    EXPECT_EQ(c.data(1, 1), Lines{"ACK seq=1 len=0"});
    EXPECT_EQ(c.data(1, 3), Lines{"ACK seq=3 len=0"});
    EXPECT_EQ(c.data(1, 2), Lines{"ACK seq=2 len=0"});
    EXPECT_EQ(c.end(1), (Lines{"ACK seq=4 len=0", "DONE seq=4 len=0"}));
}

TEST(UploadReceiver, SaysTheReasonOfAFailureAgainToWhateverStillComes) {
    Connection c(10);
    const Lines refused{"ERROR seq=0 len=47 file of 25 bytes; this server takes at most 10"};
    EXPECT_EQ(c.start(1), refused);
    EXPECT_EQ(c.start(1), refused);
    EXPECT_EQ(c.data(1, 1).size(), 1U);
    ASSERT_EQ(c.reports.size(), 1U) << "told once";
    EXPECT_EQ(c.reports[0].first, Outcome::incomplete);
}

TEST(UploadReceiver, RefusesTransfer0AndKnowsNothingOfStrangers) {
    Connection c;
    EXPECT_EQ(c.start(0), Lines{"ERROR seq=0 len=31 0 is the number of no transfer"});
    EXPECT_EQ(c.data(7, 1), Lines{});
    EXPECT_EQ(c.end(7), Lines{});
    EXPECT_EQ(file_names(c.dir.path()), Lines{});
}

TEST(UploadReceiver, EndsAnIncompleteFileWhereAnotherOneBegins) {
    Connection c;
    c.start(1, "f");
    c.data(1, 1);
    c.start(2, "g");
    ASSERT_EQ(c.reports.size(), 1U);
    EXPECT_EQ(c.reports[0].first, Outcome::incomplete);
    EXPECT_NE(c.reports[0].second.find("10 of 25 bytes are kept in " + (c.dir / "f.part")),
              std::string::npos);
    EXPECT_EQ(file_names(c.dir.path()), (Lines{"f.part", "g.part"}));
}

TEST(UploadReceiver, ContinuesAPartAndTellsTheClientToBeginAgainWhereItDoesNotFit) {
    Connection c;
    write_file(c.dir / "f.part", "XXXXXXXXXX and more that is no whole chunk of it");
    EXPECT_EQ(c.start(1, "f", StartInfo::kResume), Lines{"ACCEPT seq=0 len=8 offset=0"})
        << "longer than the file: not its beginning";
    write_file(c.dir / "f.part", "XXXXXXXXXX half");
    Connection other;
    write_file(other.dir / "f.part", "XXXXXXXXXX half");
    EXPECT_EQ(other.start(1, "f", StartInfo::kResume), Lines{"ACCEPT seq=0 len=8 offset=10"});
    other.data(1, 2);
    other.data(1, 3);
    EXPECT_EQ(other.end(1),
              (Lines{"ACK seq=4 len=0", "ERROR seq=4 len=34 the checksum of the file is wrong"}));
    EXPECT_EQ(other.reports.at(0).first, Outcome::starts_over);
    other.whole(2, "f");
    EXPECT_EQ(read_file(other.dir / "f"), other.kContent);
}

// START with chunk size 1 and a window of 16 Mi, then everything but chunk 1.
TEST(UploadReceiver, KeepsNoMoreInMemoryThanTheBytesOfTheWindow) {
    constexpr std::uint64_t kChunks = 16 * 1024 * 1024;
    Connection c(kChunks);
    const auto payload = StartInfo{kChunks, kChunks, 1, kChunks, 0, "f"}.encode();
    c.send({FrameType::start, 1, 0, payload});
    const auto resident = [] {
        std::ifstream status("/proc/self/statm");
        std::uint64_t total = 0;
        std::uint64_t pages = 0;
        status >> total >> pages;
        return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    };
    struct : FrameSink {
        void send(const Frame&) override { ++sent; }
        void note(const std::string&) override {}
        std::uint64_t sent = 0;
    } acknowledgements;
    const std::uint64_t before = resident();
    for (std::uint64_t number = 2; number <= kChunks; number += 8) {
        c.receiver.on_frame({FrameType::data, 1, number, as_bytes("x")}, c.now, acknowledgements);
    }
    EXPECT_EQ(acknowledgements.sent, kChunks / 8);
    // A sanitizer's own bookkeeping is larger than what is measured.
    if (testing::sanitized()) return;
    EXPECT_LT(resident(), before + 40U * 1024 * 1024);
}

}  // namespace
}  // namespace netlab::problem1
