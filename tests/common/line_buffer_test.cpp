// SPDX-License-Identifier: MIT
#include "common/line_reader.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/loopback.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

using Lines = std::vector<std::string>;

void feed(LineBuffer& buffer, std::string_view bytes) {
    const MutableBytes room = buffer.prepare(bytes.size());
    ASSERT_EQ(room.size(), bytes.size());
    if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
    buffer.commit(bytes.size());
}

// All lines of `text`, which comes in pieces of `piece` bytes.
Lines lines_of(std::string_view text, std::size_t piece, std::size_t max_line = kMaxLine) {
    LineBuffer buffer(max_line);
    Lines lines;
    while (!text.empty()) {
        const std::string_view now = text.substr(0, piece);
        feed(buffer, now);
        text.remove_prefix(now.size());
        while (const auto line = buffer.next()) lines.emplace_back(*line);
    }
    if (const auto line = buffer.last()) lines.emplace_back(*line);
    return lines;
}

TEST(LineBuffer, CutsLinesHoweverTheBytesCome) {
    const std::string text = "one\ntwo\r\n\n\r\nfive\rstill five\n\xff\x01 last";
    const Lines expected{"one", "two", "", "", "five\rstill five", "\xff\x01 last"};
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        EXPECT_EQ(lines_of(text, piece), expected) << "in pieces of " << piece;
    }
}

TEST(LineBuffer, KeepsNulBytes) {
    EXPECT_EQ(lines_of(std::string_view("a\0b\n\0", 5), 1),
              (Lines{std::string("a\0b", 3), std::string(1, '\0')}));
}

TEST(LineBuffer, HasNoLastLineBehindANewline) {
    EXPECT_EQ(lines_of("one\n", 10), Lines{"one"});
    EXPECT_EQ(lines_of("", 10), Lines{});
    EXPECT_EQ(LineBuffer().last(), std::nullopt);
    EXPECT_EQ(LineBuffer().next(), std::nullopt);
}

TEST(LineBuffer, IsEmptyOnceAllIsHandedOut) {
    LineBuffer buffer;
    EXPECT_TRUE(buffer.empty());
    feed(buffer, "one\ntw");
    EXPECT_EQ(buffer.next(), "one");
    EXPECT_FALSE(buffer.empty());
    EXPECT_EQ(buffer.next(), std::nullopt);
    EXPECT_EQ(buffer.last(), "tw");
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.last(), std::nullopt);
}

TEST(LineBuffer, TakesALineOfExactlyTheLimit) {
    const std::string longest(kMaxLine, 'x');
    for (const std::size_t piece : {std::size_t{1000}, kMaxLine, 2 * kMaxLine}) {
        EXPECT_EQ(lines_of(longest + "\nnext\n", piece), (Lines{longest, "next"}));
        EXPECT_EQ(lines_of(longest, piece), Lines{longest});
    }
}

TEST(LineBuffer, DoesNotCountTheLineEndAgainstTheLimit) {
    const std::string longest(kMaxLine, 'x');
    for (const std::size_t piece : {std::size_t{1000}, kMaxLine, kMaxLine + 1, 2 * kMaxLine}) {
        EXPECT_EQ(lines_of(longest + "\r\nnext\n", piece), (Lines{longest, "next"}));
    }
}

TEST(LineBuffer, RefusesALineOneByteOverTheLimit) {
    const std::string too_long(kMaxLine + 1, 'x');
    for (const std::string end : {"", "\n", "\r\n"}) {
        for (const std::size_t piece : {std::size_t{1000}, 2 * kMaxLine}) {
            EXPECT_EQ(thrown<ProtocolError>([&] { lines_of(too_long + end, piece); }),
                      "line too long");
        }
    }
}

TEST(LineBuffer, HandsOutTheLinesBeforeOneThatIsTooLong) {
    LineBuffer buffer(4);
    feed(buffer, "one\n12345");
    EXPECT_EQ(buffer.next(), "one");
    EXPECT_THROW(static_cast<void>(buffer.next()), ProtocolError);
    feed(buffer, "6\nmore\n");
    EXPECT_THROW(static_cast<void>(buffer.next()), ProtocolError);  // and it stays so
}

TEST(LineBuffer, CountsTheLimitForEachLineAlone) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "1234\n";
    EXPECT_EQ(lines_of(text, text.size(), 4).size(), 1000u);
    EXPECT_EQ(lines_of(text, 7, 4).size(), 1000u);
}

TEST(LineBuffer, TakesRawContentBehindALine) {
    LineBuffer buffer(8);
    feed(buffer, "content\nraw\nbytes that are longer than a line may be, with\nends\nline\n");
    EXPECT_EQ(buffer.next(), "content");
    EXPECT_EQ(as_text(buffer.take(4)), "raw\n");
    EXPECT_EQ(as_text(buffer.take(0)), "");
    EXPECT_EQ(as_text(buffer.take(56)),
              "bytes that are longer than a line may be, with\nends\n"
              "line");
    EXPECT_EQ(buffer.next(), "");
    EXPECT_EQ(as_text(buffer.take(10)), "");
}

TEST(LineBuffer, FindsTheNextLineBehindContentItHadSearchedAlready) {
    LineBuffer buffer;
    feed(buffer, "content");
    EXPECT_EQ(buffer.next(), std::nullopt);  // searched: no newline
    EXPECT_EQ(as_text(buffer.take(3)), "con");
    feed(buffer, "ed\nnext\n");
    EXPECT_EQ(buffer.next(), "tented");
    EXPECT_EQ(as_text(buffer.take(100)), "next\n");
    feed(buffer, "line\n");
    EXPECT_EQ(buffer.next(), "line");
}

TEST(LineBuffer, NeedsNoMoreThanWasPrepared) {
    LineBuffer buffer;
    MutableBytes room = buffer.prepare(100);
    std::memcpy(room.data(), "ab\n", 3);
    buffer.commit(3);  // fewer than there was room for
    EXPECT_EQ(buffer.next(), "ab");
    EXPECT_EQ(buffer.next(), std::nullopt);
    buffer.commit(0);
    EXPECT_TRUE(buffer.empty());
}

struct LineReaderTest : ::testing::Test, Loopback {
    LineReader reader{stream};
};

TEST_F(LineReaderTest, ReadsLinesUntilTheEnd) {
    peer.send("one\r\ntwo\nlast");
    peer.half_close();
    EXPECT_EQ(reader.read_line(soon()), "one");
    EXPECT_EQ(reader.read_line(soon()), "two");
    EXPECT_EQ(reader.read_line(soon()), "last");
    EXPECT_EQ(reader.read_line(soon()), std::nullopt);
    EXPECT_EQ(reader.read_line(soon()), std::nullopt);
}

TEST_F(LineReaderTest, ReadsLinesThatComeByteByByte) {
    std::thread sender([&] {
        for (const char c : std::string("one\r\ntwo\n")) peer.send(std::string(1, c));
    });
    EXPECT_EQ(reader.read_line(soon()), "one");
    EXPECT_EQ(reader.read_line(soon()), "two");
    sender.join();
}

TEST_F(LineReaderTest, HandsOutArrivedLinesWithoutWaiting) {
    EXPECT_EQ(reader.buffered_line(), std::nullopt);
    peer.send("one\ntwo\nthr");
    peer.half_close();
    EXPECT_EQ(reader.read_line(soon()), "one");
    EXPECT_EQ(reader.buffered_line(), "two");
    EXPECT_EQ(reader.buffered_line(), std::nullopt);
    EXPECT_EQ(reader.read_line(soon()), "thr");
}

TEST_F(LineReaderTest, EndsASilenceAtTheIdleDeadline) {
    const TimePoint idle = deadline_in(milliseconds(20));
    EXPECT_EQ(thrown<TimeoutError>([&] { static_cast<void>(reader.read_line(idle)); }),
              stream.peer_name() + ": silent too long");
    EXPECT_GE(Clock::now(), idle);
    peer.send("late, but not lost\n");
    EXPECT_EQ(reader.read_line(soon()), "late, but not lost");
}

TEST_F(LineReaderTest, EndsALineThatIsBegunAndNotEnded) {
    LineReader impatient(stream, kMaxLine, milliseconds(20));
    peer.send("half a li");
    EXPECT_EQ(thrown<TimeoutError>([&] { static_cast<void>(impatient.read_line()); }),
              stream.peer_name() + ": a line was begun and not ended");
}

TEST_F(LineReaderTest, DoesNotLetADripOfBytesExtendTheTimeOfALine) {
    LineReader impatient(stream, std::size_t{1} << 30, milliseconds(50));
    std::atomic<bool> over{false};
    std::thread sender([&] {  // never silent for as long as the timeout
        while (!over) {
            peer.send("x");
            std::this_thread::yield();
        }
    });
    EXPECT_THROW(static_cast<void>(impatient.read_line()), TimeoutError);
    over = true;
    sender.join();
}

TEST_F(LineReaderTest, RefusesALineThatIsTooLong) {
    LineReader narrow(stream, 100);
    peer.send(std::string(100, 'x') + "\n" + std::string(101, 'y'));
    EXPECT_EQ(narrow.read_line(soon()), std::string(100, 'x'));
    EXPECT_THROW(static_cast<void>(narrow.read_line(soon())), ProtocolError);
}

TEST_F(LineReaderTest, ReadsContentThatALineAnnounces) {
    constexpr std::uint64_t kSeed = 1;
    const std::string content = random_bytes(300'000, kSeed);
    std::thread sender([&] { peer.send("OK 300000\n" + content + "next\n"); });
    EXPECT_EQ(reader.read_line(soon()), "OK 300000");
    std::string received;
    while (received.size() < content.size()) {
        const Bytes some = reader.read_content(content.size() - received.size(), soon());
        ASSERT_FALSE(some.empty());
        received += as_text(some);
    }
    EXPECT_TRUE(same_bytes(received, content));
    EXPECT_EQ(reader.read_line(soon()), "next");
    sender.join();
}

TEST_F(LineReaderTest, TellsTheEndOfContentFromItsDelay) {
    EXPECT_EQ(thrown<TimeoutError>([&] { static_cast<void>(reader.read_content(5, TimePoint{})); }),
              stream.peer_name() + ": no more data in time");
    peer.half_close();
    EXPECT_TRUE(reader.read_content(5, soon()).empty());
}

TEST_F(LineReaderTest, ReportsAReset) {
    peer.reset();
    EXPECT_EQ(thrown<SystemError>([&] { static_cast<void>(reader.read_line(soon())); }),
              "recv " + stream.peer_name() + ": Connection reset by peer");
}

}  // namespace
}  // namespace netlab::testing
