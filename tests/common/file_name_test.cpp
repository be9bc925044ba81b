// SPDX-License-Identifier: MIT
#include "common/file_name.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/io.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

TEST(PathProblem, AllowsOrdinaryNames) {
    for (const std::string& path :
         {"notes.txt"s, "a/b/c"s, "..."s, "..a"s, "a.."s, ".hidden"s, "a/.b/c..d"s, "with space"s,
          "-rf"s, "~"s, "*"s, "C:\\notes.txt"s, "gr\xc3\xbc\xc3\x9f.txt"s, std::string(255, 'x'),
          std::string(255, 'x') + "/" + std::string(255, 'y')}) {
        EXPECT_EQ(validate_path(path), std::nullopt) << path;
    }
}

TEST(PathProblem, RefusesAllThatCouldLeadAstray) {
    for (const std::string& path : {""s,
                                    "/"s,
                                    "//"s,
                                    "/etc/passwd"s,
                                    "a/"s,
                                    "a//"s,
                                    "a//b"s,
                                    "."s,
                                    ".."s,
                                    "./a"s,
                                    "../a"s,
                                    "a/."s,
                                    "a/.."s,
                                    "a/./b"s,
                                    "a/../b"s,
                                    "a/../../etc/passwd"s,
                                    "../"s,
                                    "a\0b"s,
                                    "\0"s,
                                    "a/b\0"s,
                                    "a\nb"s,
                                    "a\x1b[2J"s,
                                    "\x01"s,
                                    "a/\x1f"s,
                                    "\x7f"s,
                                    "\t"s,
                                    std::string(256, 'x'),
                                    "a/" + std::string(256, 'x') + "/b"}) {
        EXPECT_NE(validate_path(path), std::nullopt) << path;
    }
}

TEST(PathProblem, RefusesTheC1ControlsToo) {
    EXPECT_NE(validate_path("a\xc2\x9b[2J"), std::nullopt);  // U+009B: the one-character ESC [
    EXPECT_NE(validate_name("a\xc2\x85"), std::nullopt);
}

TEST(PathProblem, RefusesWhatMakesANameLookLikeAnother) {
    EXPECT_NE(validate_path("photo\u202Egpj.exe"), std::nullopt);
    EXPECT_NE(validate_path("notes\u200B.txt"), std::nullopt);
}

TEST(PathProblem, TellsWhy) {
    EXPECT_EQ(validate_path("a//b"), "empty name");
    EXPECT_EQ(validate_path("/a"), "not a relative name");
    EXPECT_EQ(validate_path("a/../b"), "'.' and '..' are not allowed");
    EXPECT_EQ(validate_path(std::string(256, 'x')), "name longer than 255 bytes");
    EXPECT_EQ(validate_path("a\n"), "control character in name");
}

TEST(NameProblem, IsThatOfAPathWithoutSlashes) {
    EXPECT_EQ(validate_name("notes.txt"), std::nullopt);
    for (const std::string& name :
         {""s, "."s, ".."s, "a/b"s, "/a"s, "a/"s, "a\0"s, "\x1b"s, std::string(256, 'x')}) {
        EXPECT_NE(validate_name(name), std::nullopt) << name;
    }
}

struct OpenBelow : ::testing::Test {
    OpenBelow() {
        fs::create_directories(folder / "root/sub/deeper");
        write_file(folder / "root/top", "top");
        write_file(folder / "root/sub/deeper/file", "deep");
        write_file(folder / "secret", "secret");
        root = open_file(folder / "root", O_RDONLY | O_DIRECTORY);
    }
    std::string content(const std::string& path) {
        const FileDescriptor file = open_below(root, path);
        std::vector<std::byte> buffer(100);
        return std::string(as_text(Bytes(buffer).first(read_at(file, buffer, 0, path))));
    }
    std::string problem(const std::string& path) {
        return thrown<SystemError>([&] { open_below(root, path); });
    }

    TempDir folder;
    FileDescriptor root;
};

TEST_F(OpenBelow, OpensFilesAtAnyDepth) {
    EXPECT_EQ(content("top"), "top");
    EXPECT_EQ(content("sub/deeper/file"), "deep");
    EXPECT_NE(::fcntl(open_below(root, "top").get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_THROW(write_all(open_below(root, "top").get(), as_bytes("x"), "top"), SystemError);
}

TEST_F(OpenBelow, NamesTheWholePathThatCannotBeOpened) {
    EXPECT_EQ(problem("sub/none"), "open sub/none: No such file or directory");
    EXPECT_EQ(problem("none/file"), "open none/file: No such file or directory");
    EXPECT_EQ(problem("top/file"), "open top/file: Not a directory");
}

TEST_F(OpenBelow, FollowsNoLinkAtAnyPart) {
    fs::create_symlink("../secret", folder / "root/last");
    fs::create_symlink("top", folder / "root/inside");
    fs::create_directory_symlink("..", folder / "root/first");
    fs::create_directory_symlink("../..", folder / "root/sub/middle");
    fs::create_directory_symlink("deeper", folder / "root/sub/near");
    for (const char* path :
         {"last", "inside", "first/secret", "sub/middle/secret", "sub/near/file"}) {
        EXPECT_THROW(open_below(root, path), SystemError) << path;
    }
}

TEST_F(OpenBelow, StaysInARootThatIsMovedAway) {
    fs::rename(folder / "root", folder / "moved");
    fs::create_directory(folder / "root");
    write_file(folder / "root/top", "impostor");
    EXPECT_EQ(content("top"), "top");
}

TEST_F(OpenBelow, DoesNotBlockOnAFifo) {
    ASSERT_EQ(::mkfifo((folder / "root/fifo").c_str(), 0600), 0);
    const FileDescriptor fifo = open_below(root, "fifo");
    EXPECT_TRUE(S_ISFIFO(status_of(fifo, "fifo").st_mode));
}

TEST_F(OpenBelow, LetsTheTypeBeChecked) {
    EXPECT_TRUE(S_ISDIR(status_of(open_below(root, "sub"), "sub").st_mode));
    const struct stat status = status_of(open_below(root, "top"), "top");
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_size, 3);
    EXPECT_EQ(thrown<SystemError>([] { status_of(FileDescriptor(), "it"); }),
              "fstat it: Bad file descriptor");
}

TEST_F(OpenBelow, OpensDeepPathsWithoutKeepingTheirDirectoriesOpen) {
    std::string path;
    for (int i = 0; i < 100; ++i) path += "d/";
    fs::create_directories(folder / "root" + "/" + path);
    write_file(folder / "root" + "/" + path + "file", "far down");
    const int before = open_file("/dev/null", O_RDONLY).get();
    EXPECT_EQ(content(path + "file"), "far down");
    EXPECT_EQ(open_file("/dev/null", O_RDONLY).get(), before);
}

}  // namespace
}  // namespace netlab::testing
