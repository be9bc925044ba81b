// SPDX-License-Identifier: MIT
#include "common/send_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "common/error.hpp"
#include "tests/support/files.hpp"
#include "tests/support/raw.hpp"

namespace netlab {
namespace {

using namespace netlab::testing;

// Both ends of a connection, and a file of random bytes to send over it.
class SendFile : public ::testing::Test {
  protected:
    SendFile() {
        ::signal(SIGPIPE, SIG_IGN);  // as run_program() has it: sendfile(2) has no MSG_NOSIGNAL
        write_file(folder_ / "file", content_);
        file_ = open_file(folder_ / "file", O_RDONLY);
    }

    TempDir folder_;
    std::string content_ = random_bytes(3'000'000, 5);
    FileDescriptor file_;
    TcpListener listener_{"127.0.0.1", 0};
    RawTcp reader_{listener_.local_address().port()};
    TcpStream sender_ = accept_one(listener_);
};

TEST_F(SendFile, SendsTheWholeFileThroughSmallBuffers) {
    std::uint64_t sent = 0;
    std::jthread sending([&] {
        sent = send_file(sender_, file_, {0, content_.size()},
                         give_up_after(kPatience) - Clock::now());
        sender_.shutdown_write();
    });
    EXPECT_TRUE(same_bytes(reader_.read_to_end(), content_));
    sending.join();
    EXPECT_EQ(sent, content_.size());
}

TEST_F(SendFile, SendsARange) {
    EXPECT_EQ(send_file(sender_, file_, {1000, 2000}, kPatience), 2000U);
    sender_.shutdown_write();
    EXPECT_TRUE(same_bytes(reader_.read_to_end(), content_.substr(1000, 2000)));
}

TEST_F(SendFile, ReturnsLessWhereTheFileEnds) {
    EXPECT_EQ(send_file(sender_, file_, {content_.size() - 7, 100}, kPatience), 7U);
    EXPECT_EQ(send_file(sender_, file_, {content_.size() + 7, 100}, kPatience), 0U);
    EXPECT_EQ(send_file(sender_, file_, {0, 0}, kPatience), 0U);
}

TEST_F(SendFile, GivesUpOnAPeerThatDoesNotRead) {
    std::filesystem::resize_file(folder_ / "file", 256 * 1024 * 1024);
    EXPECT_THROW(
        static_cast<void>(send_file(sender_, file_, {0, 256 * 1024 * 1024}, milliseconds(50))),
        TimeoutError);
}

TEST_F(SendFile, ReportsAPeerThatIsGone) {
    reader_.reset();
    std::byte byte{};
    EXPECT_THROW(static_cast<void>(sender_.read_some({&byte, 1}, give_up_after(kPatience))),
                 SystemError);
    EXPECT_THROW(static_cast<void>(send_file(sender_, file_, {0, content_.size()}, kPatience)),
                 SystemError);
}

TEST_F(SendFile, FollowsALineThatAnnouncesIt) {
    sender_.write_all(as_bytes("OK 10\n"), give_up_after(kPatience), TcpStream::More::follows);
    EXPECT_EQ(send_file(sender_, file_, {0, 10}, kPatience), 10U);
    EXPECT_EQ(reader_.read_line(), "OK 10");
    EXPECT_TRUE(same_bytes(reader_.read_exact(10), content_.substr(0, 10)));
}

}  // namespace
}  // namespace netlab
