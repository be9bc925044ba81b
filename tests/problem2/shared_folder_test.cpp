// SPDX-License-Identifier: MIT
#include "problem2/shared_folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "common/error.hpp"
#include "common/io.hpp"
#include "problem2/protocol.hpp"
#include "tests/support/files.hpp"

namespace netlab::problem2 {
namespace {

using namespace netlab::testing;
namespace fs = std::filesystem;

void set_time(const std::string& path, std::time_t time) {
    const timespec times[2] = {{time, 0}, {time, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

std::string refusal_of(const SharedFolder& folder, std::string_view name) {
    try {
        static_cast<void>(folder.open(name));
    } catch (const Refused& refused) {
        return refused.what();
    }
    return "opened";
}

TEST(Problem2SharedFolder, OpensAFileAndKnowsItsSize) {
    const TempDir root;
    fs::create_directory(root / "lab");
    write_file(root / "lab/notes.txt", "hello");
    const SharedFolder folder(root.path());
    const auto file = folder.open("lab/notes.txt");
    EXPECT_EQ(file.size, 5U);
    std::array<std::byte, 8> content{};
    EXPECT_EQ(read_at(file.descriptor, content, 0, "notes.txt"), 5U);
}

TEST(Problem2SharedFolder, TellsEveryWayOutInTheWordsOfAMissingFile) {
    const TempDir outside;
    write_file(outside / "secret", "secret");
    const TempDir root;
    fs::create_directory(root / "lab");
    fs::create_symlink(outside / "secret", root / "link");
    fs::create_directory_symlink(outside.path(), root / "folder");
    ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);

    const SharedFolder folder(root.path());
    for (const std::string& name :
         {std::string("missing"), std::string("../secret"), outside / "secret", std::string("link"),
          std::string("folder/secret"), std::string("fifo"), std::string("lab"), std::string("."),
          std::string(""), std::string("lab/"), std::string(300, 'x'), std::string("a\0b", 3)}) {
        EXPECT_EQ(refusal_of(folder, name), "no such file") << name;
    }
}

TEST(Problem2SharedFolder, ListsWhatCanBeAskedForInOrder) {
    const TempDir root;
    write_file(root / "notes.txt", "hello");
    write_file(root / "evil\nname", "x");
    write_file(root / ".hidden", "");
    fs::create_directory(root / "lab");
    fs::create_symlink("notes.txt", root / "link");
    ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
    for (const char* name : {"notes.txt", ".hidden", "lab"}) set_time(root / name, 1769860800);

    const SharedFolder folder(root.path());
    EXPECT_EQ(folder.list(""),
              "0\t2026-01-31T12:00:00Z\t.hidden\n"
              "0\t2026-01-31T12:00:00Z\tlab/\n"
              "5\t2026-01-31T12:00:00Z\tnotes.txt\n");
    EXPECT_EQ(folder.list("lab"), "");
    EXPECT_EQ(folder.list("lab/"), "");
    for (const char* name : {"/", "//", ".", "..", "../", "notes.txt", "missing"}) {
        EXPECT_THROW(static_cast<void>(folder.list(name)), Refused) << name;
    }
}

TEST(Problem2SharedFolder, NeedsADirectory) {
    const TempDir root;
    write_file(root / "notes.txt", "hello");
    EXPECT_THROW(SharedFolder(root / "notes.txt"), SystemError);
    EXPECT_THROW(SharedFolder(root / "missing"), SystemError);
}

}  // namespace
}  // namespace netlab::problem2
