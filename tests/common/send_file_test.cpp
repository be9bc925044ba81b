// SPDX-License-Identifier: MIT
#include "common/send_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/loopback.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kLarge = 100'000;   // not sent in one piece with its head
constexpr std::size_t kSize = 3'000'000;  // more than the sockets hold

struct SendFile : ::testing::Test, Loopback {
    SendFile() { write_at(file, as_bytes(content), 0, "file"); }

    std::uint64_t send(ByteRange range, Duration stall = kPatience * slowdown()) {
        return send_file(stream, "", file, range, stall);
    }

    TempDir folder;
    std::string content = random_bytes(kSize, kSeed);
    FileDescriptor file = open_file(folder / "file", O_RDWR | O_CREAT);
};

TEST_F(SendFile, SendsJustTheRange) {
    for (const ByteRange range : {ByteRange{0, 1}, ByteRange{0, 100}, ByteRange{99, 70'000},
                                  ByteRange{kSize - 1, 1}, ByteRange{0, 0}, ByteRange{5, 0}}) {
        EXPECT_EQ(send(range), range.length);
        EXPECT_TRUE(
            same_bytes(peer.read_exact(range.length), content.substr(range.offset, range.length)));
    }
    stream.shutdown_write();
    EXPECT_EQ(peer.read_to_end(), "");
}

TEST_F(SendFile, SendsMoreThanTheSocketsHold) {
    std::string received;
    std::thread reader([&] { received = peer.read_exact(kSize); });
    EXPECT_EQ(send({0, kSize}), kSize);
    reader.join();
    EXPECT_TRUE(same_bytes(received, content));
}

TEST_F(SendFile, SaysWhereTheFileEndsBefore) {
    EXPECT_EQ(send({kSize - 10, 100}), 10u);
    EXPECT_EQ(send({kSize, 1}), 0u);
    EXPECT_EQ(send({kSize + 1000, 1}), 0u);
    ASSERT_EQ(::ftruncate(file.get(), 3), 0);
    EXPECT_EQ(send({0, kSize}), 3u);
    EXPECT_EQ(peer.read_exact(13), content.substr(kSize - 10) + content.substr(0, 3));
}

TEST_F(SendFile, NeitherUsesNorMovesThePositionOfTheFile) {
    ASSERT_EQ(::lseek(file.get(), 1000, SEEK_SET), 1000);
    for (const std::size_t size : {std::size_t{5}, kLarge}) {
        EXPECT_EQ(send({10, size}), size);
        EXPECT_TRUE(same_bytes(peer.read_exact(size), content.substr(10, size)));
        EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 1000);
    }
}

TEST_F(SendFile, SendsTheHeadFirst) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{16'377},
                                   std::size_t{16'378}, std::size_t{16'385}, kLarge}) {
        EXPECT_EQ(send_file(stream, "a head\n", file, {7, size}, kPatience), size);
        EXPECT_EQ(peer.read_line(), "a head");
        EXPECT_TRUE(same_bytes(peer.read_exact(size), content.substr(7, size)));
    }
}

TEST_F(SendFile, ReportsAFileThatCannotBeRead) {
    EXPECT_THROW(static_cast<void>(send_file(stream, "", FileDescriptor(), {0, kLarge}, {})),
                 SystemError);
}

TEST_F(SendFile, GivesUpOnAPeerThatTakesNothingForTooLong) {
    ASSERT_EQ(::ftruncate(file.get(), off_t{1} << 30), 0);  // mostly a hole
    EXPECT_EQ(thrown<TimeoutError>([&] {
                  static_cast<void>(send({0, 1 << 30}, milliseconds(50)));
              }),
              "send " + stream.peer_name() + ": the peer does not read");
}

TEST_F(SendFile, ReportsAPeerThatIsGone) {
    const auto saved = ::signal(SIGPIPE, SIG_IGN);  // as every program here does
    peer.reset();
    const std::string what = thrown<SystemError>([&] {
        const TimePoint deadline = soon();
        while (Clock::now() < deadline) static_cast<void>(send({0, kSize}));
    });
    EXPECT_TRUE(contains(what, stream.peer_name() + ": ")) << what;
    ::signal(SIGPIPE, saved);
}

}  // namespace
}  // namespace netlab::testing
