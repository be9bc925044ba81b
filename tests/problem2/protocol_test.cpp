// SPDX-License-Identifier: MIT
// The text protocol: what every line says, and what is no line of it.

#include "problem2/protocol.hpp"

#include <gtest/gtest.h>

#include "common/error.hpp"

namespace netlab::problem2 {
namespace {

TEST(Problem2Protocol, ReadsEachRequest) {
    EXPECT_EQ(parse_request("GET notes.txt").verb, Verb::get);
    EXPECT_EQ(parse_request("GET notes.txt").name, "notes.txt");
    EXPECT_EQ(parse_request("GET notes.txt").offset, 0U);
    EXPECT_EQ(parse_request("GET@1234 notes.txt").offset, 1234U);
    EXPECT_EQ(parse_request("LIST").verb, Verb::list);
    EXPECT_EQ(parse_request("LIST").name, "");
    EXPECT_EQ(parse_request("LIST lab").name, "lab");
    EXPECT_EQ(parse_request("SUM notes.txt").verb, Verb::sum);
    EXPECT_EQ(parse_request("QUIT").verb, Verb::quit);
}

TEST(Problem2Protocol, TakesAllBehindTheFirstSpaceAsTheName) {
    EXPECT_EQ(parse_request("GET two words.txt").name, "two words.txt");
    EXPECT_EQ(parse_request("GET  x ").name, " x ");
    EXPECT_EQ(parse_request("GET").name, "");
}

TEST(Problem2Protocol, RefusesWhatIsNoRequest) {
    for (const char* line : {"", " ", "get x", "PUT x", "GETX x", "QUIT now", "\x1b[2J"}) {
        EXPECT_THROW(static_cast<void>(parse_request(line)), Refused) << line;
    }
}

TEST(Problem2Protocol, RefusesAnOffsetThatIsNoNumber) {
    for (const char* line : {"GET@ x", "GET@-1 x", "GET@+1 x", "GET@1x x", "GET@0x10 x",
                             "GET@18446744073709551616 x"}) {
        EXPECT_THROW(static_cast<void>(parse_request(line)), Refused) << line;
    }
    EXPECT_EQ(parse_request("GET@18446744073709551615 x").offset, UINT64_MAX);
}

TEST(Problem2Protocol, WritesWhatItReads) {
    for (const char* line : {"GET a b", "GET@7 a", "LIST", "LIST lab", "SUM a", "QUIT"}) {
        EXPECT_EQ(encode(parse_request(line)), std::string(line) + "\n");
    }
}

TEST(Problem2Protocol, WritesTheRepliesOfTheContract) {
    EXPECT_EQ(ok_line(0), "OK 0\n");
    EXPECT_EQ(ok_line(20000), "OK 20000\n");
    EXPECT_EQ(sum_line(0xCBF43926), "OK cbf43926\n");
    EXPECT_EQ(sum_line(0x1F), "OK 0000001f\n");
    EXPECT_EQ(error_line("no such file"), "ERROR no such file\n");
}

TEST(Problem2Protocol, ReadsTheReplies) {
    EXPECT_EQ(parse_ok("OK 20000"), 20000U);
    EXPECT_EQ(parse_ok("OK 9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_sum("OK 0000001f"), 0x1FU);
}

TEST(Problem2Protocol, TellsAnErrorReplyWithItsReasonEscaped) {
    try {
        static_cast<void>(parse_ok("ERROR no \x1b[31m file"));
        FAIL() << "nothing thrown";
    } catch (const Refused& refused) {
        EXPECT_STREQ(refused.what(), "server: no \\x1b[31m file");
    }
}

TEST(Problem2Protocol, RejectsWhatIsNoReply) {
    for (const char* line :
         {"", "OK", "OK ", "OK -1", "OK 1 ", "OK 9223372036854775808", "ok 1", "HTTP/1.1 200 OK"}) {
        EXPECT_THROW(static_cast<void>(parse_ok(line)), ProtocolError) << line;
    }
    for (const char* line : {"OK", "OK 1f", "OK 0000001g", "OK 00000001f", "OK -000001f"}) {
        EXPECT_THROW(static_cast<void>(parse_sum(line)), ProtocolError) << line;
    }
}

TEST(Problem2Protocol, ListsSizeTimeAndName) {
    struct stat file {};
    file.st_mode = S_IFREG;
    file.st_size = 20000;
    file.st_mtime = 1769860800;
    EXPECT_EQ(list_line("notes.txt", file), "20000\t2026-01-31T12:00:00Z\tnotes.txt\n");
    struct stat folder {};
    folder.st_mode = S_IFDIR;
    folder.st_size = 4096;
    EXPECT_EQ(list_line("lab", folder), "0\t1970-01-01T00:00:00Z\tlab/\n");
}

}  // namespace
}  // namespace netlab::problem2
