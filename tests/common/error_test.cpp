// SPDX-License-Identifier: MIT
#include "common/error.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

TEST(SystemError, TellsCallSubjectAndReason) {
    const SystemError error("connect", "127.0.0.1:7101", ECONNREFUSED);
    EXPECT_STREQ(error.what(), "connect 127.0.0.1:7101: Connection refused");
    EXPECT_EQ(error.code(), ECONNREFUSED);
}

TEST(SystemError, NeedsNoSubject) {
    EXPECT_STREQ(SystemError("poll", "", EINVAL).what(), "poll: Invalid argument");
}

TEST(SystemError, TakesErrnoByDefault) {
    errno = ENOENT;
    EXPECT_EQ(SystemError("open", "notes.txt").code(), ENOENT);
}

TEST(Check, ReturnsWhatIsNotNegative) {
    EXPECT_EQ(check(0, "call"), 0);
    EXPECT_EQ(check(7, "call"), 7);
    EXPECT_EQ(check(ssize_t{1} << 40, "call"), ssize_t{1} << 40);
}

TEST(Check, ThrowsForTheFailedCall) {
    EXPECT_EQ(thrown<SystemError>([] { check(::close(-1), "close", "it"); }),
              "close it: Bad file descriptor");
    EXPECT_EQ(thrown<SystemError>([] { check(::close(-1), "close"); }),
              "close: Bad file descriptor");
}

TEST(ErrorText, IsThereForEveryCode) {
    EXPECT_EQ(error_text(ENOSPC), "No space left on device");
    EXPECT_FALSE(error_text(123456).empty());
    EXPECT_FALSE(error_text(-1).empty());
}

}  // namespace
}  // namespace netlab::testing
