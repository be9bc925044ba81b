// SPDX-License-Identifier: MIT
#include "common/file_descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <type_traits>
#include <utility>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

static_assert(!std::is_copy_constructible_v<FileDescriptor>);
static_assert(!std::is_copy_assignable_v<FileDescriptor>);
static_assert(std::is_nothrow_move_constructible_v<FileDescriptor>);
static_assert(std::is_nothrow_move_assignable_v<FileDescriptor>);

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

bool nonblocking(const FileDescriptor& fd) {
    return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0;
}

TEST(FileDescriptor, IsInvalidByDefault) {
    FileDescriptor none;
    EXPECT_FALSE(none.valid());
    EXPECT_EQ(none.get(), -1);
    none.close();
}

TEST(FileDescriptor, ClosesAtTheEndOfItsLife) {
    int number = -1;
    {
        const FileDescriptor fd = open_file("/dev/null", O_RDONLY);
        number = fd.get();
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(FileDescriptor, ClosesOnlyOnce) {
    FileDescriptor first = open_file("/dev/null", O_RDONLY);
    const int number = first.get();
    first.close();
    EXPECT_FALSE(first.valid());
    const FileDescriptor second = open_file("/dev/null", O_RDONLY);
    ASSERT_EQ(second.get(), number);  // the number is used again
    first.close();
    EXPECT_TRUE(is_open(number));
}

TEST(FileDescriptor, HandsItsDescriptorOn) {
    FileDescriptor from = open_file("/dev/null", O_RDONLY);
    const int number = from.get();
    const FileDescriptor to(std::move(from));
    EXPECT_FALSE(from.valid());  // NOLINT(bugprone-use-after-move): what a move leaves is promised
    EXPECT_EQ(to.get(), number);
    EXPECT_TRUE(is_open(number));
}

TEST(FileDescriptor, ClosesTheOldOneWhenItIsAssigned) {
    FileDescriptor to = open_file("/dev/null", O_RDONLY);
    FileDescriptor from = open_file("/dev/null", O_RDONLY);
    const int old = to.get();
    const int number = from.get();
    to = std::move(from);
    EXPECT_FALSE(is_open(old));
    EXPECT_EQ(to.get(), number);
    EXPECT_TRUE(is_open(number));
}

TEST(FileDescriptor, SurvivesAssignmentToItself) {
    FileDescriptor fd = open_file("/dev/null", O_RDONLY);
    FileDescriptor& same = fd;
    fd = std::move(same);
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(is_open(fd.get()));
}

TEST(MakePipe, ConnectsItsEndsAndClosesThemOnExec) {
    const Pipe pipe = make_pipe();
    EXPECT_TRUE(closes_on_exec(pipe.read_end));
    EXPECT_TRUE(closes_on_exec(pipe.write_end));
    EXPECT_EQ(::write(pipe.write_end.get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(pipe.read_end.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(OpenFile, ClosesOnExecAndUsesTheMode) {
    const TempDir folder;
    const FileDescriptor file = open_file(folder / "file", O_WRONLY | O_CREAT, 0600);
    EXPECT_TRUE(closes_on_exec(file));
    EXPECT_EQ(std::filesystem::status(folder / "file").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(OpenFile, NamesThePathThatCannotBeOpened) {
    EXPECT_EQ(thrown<SystemError>([] { open_file("/nowhere/file", O_RDONLY); }),
              "open /nowhere/file: No such file or directory");
}

TEST(SetNonblocking, TurnsOnAndOff) {
    const Pipe pipe = make_pipe();
    EXPECT_FALSE(nonblocking(pipe.read_end));
    set_nonblocking(pipe.read_end, true);
    EXPECT_TRUE(nonblocking(pipe.read_end));
    EXPECT_FALSE(nonblocking(pipe.write_end));
    set_nonblocking(pipe.read_end, false);
    EXPECT_FALSE(nonblocking(pipe.read_end));
    EXPECT_THROW(set_nonblocking(FileDescriptor(), true), SystemError);
}

TEST(RaiseDescriptorLimit, GoesToTheHardLimit) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit saved = limit;
    limit.rlim_cur = 100;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    raise_descriptor_limit();
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(limit.rlim_cur, saved.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &saved);
}

}  // namespace
}  // namespace netlab::testing
