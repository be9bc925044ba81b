// SPDX-License-Identifier: MIT
#include "problem1/source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/files.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

TEST(Source, GivesTheSameBytesInAnyOrderAndTheCrcOfTheWhole) {
    const TempDir dir;
    const std::string content = random_bytes(3'000'001, 7);
    write_file(dir / "f", content);
    for (const bool backwards : {false, true}) {
        Source file(dir / "f");
        for (std::uint64_t i = 0; i < 30; ++i) {
            const std::uint64_t offset = (backwards ? 29 - i : i) * 100'000;
            EXPECT_TRUE(same_bytes(as_text(file.read({offset, 100'000})),
                                   std::string_view(content).substr(offset, 100'000)));
        }
        EXPECT_EQ(file.crc(), crc32c(as_bytes(content)));
    }
}

TEST(Source, KeepsTheSizeThatTheFileHadAtTheStart) {
    const TempDir dir;
    write_file(dir / "f", "before");
    Source file(dir / "f");
    write_file(dir / "f", "before and after");
    EXPECT_EQ(file.size(), 6U);
    EXPECT_EQ(file.crc(), crc32c(as_bytes("before")));
}

TEST(Source, SaysThatTheFileHasShrunk) {
    const TempDir dir;
    write_file(dir / "f", "before");
    Source file(dir / "f");
    write_file(dir / "f", "be");
    EXPECT_THROW(static_cast<void>(file.read({0, 6})), std::runtime_error);
}

TEST(Source, RefusesWhatIsNoRegularFile) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_THROW(Source(dir / "missing"), std::runtime_error);
    EXPECT_THROW(Source(dir.path()), std::runtime_error);
    EXPECT_THROW(Source(dir / "fifo"), std::runtime_error);
    EXPECT_THROW(Source("/dev/null"), std::runtime_error);
}

TEST(Source, HasTheLastPartOfItsPathAsItsName) {
    const TempDir dir;
    write_file(dir / "a b é", "");
    EXPECT_EQ(Source(dir / "a b é").name(), "a b é");
}

}  // namespace
}  // namespace netlab::problem1
