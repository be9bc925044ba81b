// SPDX-License-Identifier: MIT
#include "common/atomic_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

using Start = AtomicFile::Start;
using Names = std::vector<std::string>;

struct AtomicFileTest : ::testing::Test {
    AtomicFile open(Start start = Start::from_scratch, const std::string& name = "notes.txt") {
        return AtomicFile(folder.path(), name, start);
    }
    // What is committed under the name.
    std::string content() { return read_file(folder / "notes.txt"); }

    TempDir folder;
};

TEST_F(AtomicFileTest, AppearsUnderItsNameOnlyWhenCommitted) {
    AtomicFile file = open();
    file.write_at(as_bytes("hello"), 0);
    EXPECT_EQ(file_names(folder.path()), Names{"notes.txt.part"});
    EXPECT_EQ(file.part_name(), "notes.txt.part");

    file.commit(false);
    EXPECT_EQ(file_names(folder.path()), Names{"notes.txt"});
    EXPECT_EQ(content(), "hello");
}

TEST_F(AtomicFileTest, StaysAsPartWhereItIsNotCommitted) {
    open().write_at(as_bytes("half"), 0);
    EXPECT_EQ(file_names(folder.path()), Names{"notes.txt.part"});
    EXPECT_EQ(read_file(folder / "notes.txt.part"), "half");
}

TEST_F(AtomicFileTest, IsEmptiedOrKeptAtANewStart) {
    open().write_at(as_bytes("half"), 0);
    EXPECT_EQ(open(Start::keep_part).size(), 4u);
    EXPECT_EQ(open(Start::from_scratch).size(), 0u);
    EXPECT_EQ(open(Start::keep_part).size(), 0u);
}

TEST_F(AtomicFileTest, SparesAPartThatCanBeContinuedFromWhatHasHoles) {
    const auto leave = [&](Start start) { open(start).write_at(as_bytes("some"), 0); };
    const std::string refused =
        "notes.txt.part is of an upload that can be resumed: resume or remove it first";
    leave(Start::scattered);
    EXPECT_EQ(open(Start::keep_part).size(), 0u) << "what has holes is not continued";
    std::filesystem::remove(folder / "notes.txt.part");
    leave(Start::scattered);
    leave(Start::scattered);  // takes the place of its like
    for (const Start start : {Start::from_scratch, Start::keep_part}) {
        leave(start);
        EXPECT_EQ(thrown<std::runtime_error>([&] { open(Start::scattered); }), refused);
        EXPECT_EQ(read_file(folder / "notes.txt.part"), "some");
        std::filesystem::remove(folder / "notes.txt.part");
        leave(Start::scattered);
    }
}

TEST_F(AtomicFileTest, HasTheModeOfAnyOtherFileInTheEnd) {
    write_file(folder / "other", "");
    AtomicFile file = open(Start::scattered);
    file.commit(true);
    EXPECT_EQ(std::filesystem::status(folder / "notes.txt").permissions(),
              std::filesystem::status(folder / "other").permissions());
}

TEST_F(AtomicFileTest, LeavesTheEarlierFileUntouchedUntilTheCommit) {
    write_file(folder / "notes.txt", "old");
    AtomicFile file = open();
    file.write_at(as_bytes("new content"), 0);
    EXPECT_EQ(content(), "old");
    file.commit(true);
    EXPECT_EQ(content(), "new content");
}

TEST_F(AtomicFileTest, DoesNotOverwriteUnlessToldTo) {
    AtomicFile file = open();
    file.write_at(as_bytes("new"), 0);
    write_file(folder / "notes.txt", "appeared meanwhile");
    try {
        file.commit(false);
        FAIL() << "overwritten";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.code(), EEXIST);
    }
    EXPECT_EQ(content(), "appeared meanwhile");
    EXPECT_EQ(read_file(folder / "notes.txt.part"), "new");

    file.commit(true);  // and it can still be committed
    EXPECT_EQ(content(), "new");
}

TEST_F(AtomicFileTest, ReplacesNoLinkAndNoFifo) {
    write_file(folder / "target", "precious");
    std::filesystem::create_symlink("target", folder / "notes.txt");
    EXPECT_EQ(thrown<std::runtime_error>([&] { open(); }), "notes.txt is not a regular file");
    std::filesystem::remove(folder / "notes.txt");

    AtomicFile file = open();
    file.write_at(as_bytes("new"), 0);
    ASSERT_EQ(::mkfifo((folder / "notes.txt").c_str(), 0600), 0);  // meanwhile
    EXPECT_EQ(thrown<std::runtime_error>([&] { file.commit(true); }),
              "notes.txt is not a regular file");
    EXPECT_TRUE(std::filesystem::is_fifo(folder / "notes.txt"));
    EXPECT_EQ(read_file(folder / "target"), "precious");
    EXPECT_EQ(read_file(folder / "notes.txt.part"), "new");
}

TEST_F(AtomicFileTest, CommitsNothingThatHasTakenThePlaceOfThePart) {
    write_file(folder / "target", "precious");
    AtomicFile file = open();
    std::filesystem::remove(folder / "notes.txt.part");
    std::filesystem::create_symlink("target", folder / "notes.txt.part");
    for (const bool overwrite : {false, true}) {
        EXPECT_EQ(thrown<std::runtime_error>([&] { file.commit(overwrite); }),
                  "notes.txt.part has been replaced");
    }
    EXPECT_FALSE(AtomicFile::exists(folder.path(), "notes.txt"));
}

TEST_F(AtomicFileTest, WritesAndReadsAtAnyOffset) {
    AtomicFile file = open();
    file.write_at(as_bytes("world"), 6);
    file.write_at(as_bytes("hello "), 0);
    EXPECT_EQ(file.size(), 11u);

    std::vector<std::byte> buffer(8);
    EXPECT_EQ(file.read_at(buffer, 4), 7u);
    EXPECT_EQ(as_text(Bytes(buffer).first(7)), "o world");
    EXPECT_EQ(file.read_at(buffer, 11), 0u);
    EXPECT_EQ(file.read_at(buffer, 1000), 0u);
    file.write_at({}, 500);
    EXPECT_EQ(file.size(), 11u);
}

TEST_F(AtomicFileTest, HoldsMoreThanFourGigabytes) {
    constexpr std::uint64_t kFar = std::uint64_t{5} << 30;
    AtomicFile file = open();
    file.write_at(as_bytes("end"), kFar);
    EXPECT_EQ(file.size(), kFar + 3);
    std::vector<std::byte> buffer(10);
    EXPECT_EQ(file.read_at(buffer, kFar + 1), 2u);
    EXPECT_EQ(as_text(Bytes(buffer).first(2)), "nd");
}

TEST_F(AtomicFileTest, RefusesOffsetsThatNoFileHas) {
    AtomicFile file = open();
    EXPECT_THROW(file.write_at(as_bytes("x"), std::uint64_t{1} << 63), SystemError);
    EXPECT_THROW(file.truncate(UINT64_MAX), SystemError);
    EXPECT_EQ(file.size(), 0u);
}

TEST_F(AtomicFileTest, CanBeCutShort) {
    AtomicFile file = open();
    file.write_at(as_bytes("hello"), 0);
    file.truncate(2);
    file.commit(false);
    EXPECT_EQ(content(), "he");
}

TEST_F(AtomicFileTest, RemovesThePartThatNothingWasWrittenTo) {
    {
        AtomicFile file = open();
        file.discard_if_empty();
    }
    EXPECT_EQ(file_names(folder.path()), std::vector<std::string>{});
    AtomicFile file = open();
    file.write_at(as_bytes("x"), 0);
    file.discard_if_empty();
    EXPECT_EQ(file_names(folder.path()), std::vector<std::string>{"notes.txt.part"});
}

TEST_F(AtomicFileTest, RefusesASecondTransferOfTheSameName) {
    AtomicFile first = open();
    first.write_at(as_bytes("first"), 0);
    for (const Start start : {Start::from_scratch, Start::keep_part}) {
        EXPECT_EQ(thrown<std::runtime_error>([&] { open(start); }),
                  "another transfer of notes.txt is under way");
    }
    EXPECT_EQ(first.size(), 5u);  // not emptied by the one that was refused
    open(Start::from_scratch, "other.txt");

    first.commit(false);
    open().write_at(as_bytes("second"), 0);  // the lock went with the commit
    EXPECT_EQ(content(), "first");
}

TEST_F(AtomicFileTest, MakesTheDirectoryWithItsParents) {
    AtomicFile file(folder / "a/b/c", "notes.txt", Start::from_scratch);
    file.write_at(as_bytes("deep"), 0);
    file.commit(false);
    EXPECT_EQ(read_file(folder / "a/b/c/notes.txt"), "deep");
}

TEST_F(AtomicFileTest, NamesTheDirectoryThatCannotBeMade) {
    write_file(folder / "file", "");
    const auto open_in = [&](const std::string& directory) {
        return thrown<SystemError>([&] { AtomicFile(directory, "x", Start::from_scratch); });
    };
    EXPECT_EQ(open_in(folder / "file"), "open " + folder / "file" + ": Not a directory");
    EXPECT_EQ(open_in(folder / "file/sub"), "open " + folder / "file/sub" + ": Not a directory");
}

TEST_F(AtomicFileTest, TellsWhetherAFileOfThatNameExists) {
    EXPECT_FALSE(AtomicFile::exists(folder.path(), "notes.txt"));
    EXPECT_FALSE(AtomicFile::exists(folder / "nowhere", "notes.txt"));
    const AtomicFile file = open();
    EXPECT_FALSE(AtomicFile::exists(folder.path(), "notes.txt"));
    std::filesystem::create_symlink("dangling", folder / "notes.txt");
    EXPECT_TRUE(AtomicFile::exists(folder.path(), "notes.txt"));
}

TEST_F(AtomicFileTest, DoesNotFollowALinkInPlaceOfThePart) {
    write_file(folder / "precious", "precious");
    std::filesystem::create_symlink("precious", folder / "notes.txt.part");
    EXPECT_THROW(open(), SystemError);
    EXPECT_EQ(read_file(folder / "precious"), "precious");
}

TEST_F(AtomicFileTest, NeitherBlocksOnNorWritesIntoWhatIsNoRegularFile) {
    ASSERT_EQ(::mkfifo((folder / "notes.txt.part").c_str(), 0600), 0);
    EXPECT_EQ(thrown<std::runtime_error>([&] { open(); }), "notes.txt.part is not a regular file");
    std::filesystem::create_directory(folder / "other.part");
    EXPECT_THROW(open(Start::from_scratch, "other"), SystemError);
}

TEST_F(AtomicFileTest, FailsToCommitOverADirectoryAndKeepsThePart) {
    std::filesystem::create_directory(folder / "notes.txt");
    AtomicFile file = open();
    file.write_at(as_bytes("content"), 0);
    EXPECT_THROW(file.commit(true), SystemError);
    EXPECT_EQ(read_file(folder / "notes.txt.part"), "content");
}

TEST_F(AtomicFileTest, NamesTheFileThatCannotBeWritten) {
    // A limit of the file's size stands in for a full disk.
    rlimit saved{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &saved), 0);
    ::signal(SIGXFSZ, SIG_IGN);
    AtomicFile file = open();
    rlimit tight = saved;
    tight.rlim_cur = 4096;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    const std::string what =
        thrown<SystemError>([&] { file.write_at(std::vector<std::byte>(10'000), 0); });
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &saved), 0);
    ::signal(SIGXFSZ, SIG_DFL);

    EXPECT_EQ(what, "write notes.txt.part: File too large");
    EXPECT_EQ(file.size(), 4096u);  // what went in before stays, for a resumed transfer
}

}  // namespace
}  // namespace netlab::testing
