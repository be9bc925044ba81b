// SPDX-License-Identifier: MIT
#include "problem5/chat_line.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Kind = ChatLine::Kind;

TEST(Problem5ChatLine, AMessageIsItsText) {
    EXPECT_EQ(encode_message("hello"), "hello\n");
    EXPECT_EQ(ChatLine::parse("hello").kind, Kind::message);
    EXPECT_EQ(ChatLine::parse("hello").text, "hello");
}

TEST(Problem5ChatLine, AMessageThatBeginsWithASlashGetsOneMore) {
    EXPECT_EQ(encode_message("/bye"), "//bye\n");
    EXPECT_EQ(encode_message("//"), "///\n");
    for (const char* text : {"/bye", "/", "//", "/name x", "a/b"}) {
        std::string line = encode_message(text);
        line.pop_back();
        EXPECT_EQ(ChatLine::parse(line).kind, Kind::message) << text;
        EXPECT_EQ(ChatLine::parse(line).text, text);
    }
}

TEST(Problem5ChatLine, ASlashIsControl) {
    EXPECT_EQ(encode_name("Ann Lee"), "/name Ann Lee\n");
    EXPECT_EQ(ChatLine::parse("/name Ann Lee").kind, Kind::name);
    EXPECT_EQ(ChatLine::parse("/name Ann Lee").text, "Ann Lee");
    EXPECT_EQ(ChatLine::parse("/busy").kind, Kind::busy);
    EXPECT_EQ(ChatLine::parse("/bye").kind, Kind::bye);
    EXPECT_EQ(ChatLine::parse("").kind, Kind::empty);
    for (const char* line : {"/", "/byes", "/bye ", "/name", "/quit"}) {
        EXPECT_EQ(ChatLine::parse(line).kind, Kind::unknown) << line;
        EXPECT_EQ(ChatLine::parse(line).text, line);
    }
}

TEST(Problem5ChatLine, AMessageHasAtMost64KiBOnTheWire) {
    EXPECT_EQ(validate_line(std::string(65536, 'x')), std::nullopt);
    EXPECT_NE(validate_line(std::string(65537, 'x')), std::nullopt);
    EXPECT_EQ(validate_line("/" + std::string(65534, 'x')), std::nullopt);
    EXPECT_NE(validate_line("/" + std::string(65535, 'x')), std::nullopt);
}

}  // namespace
}  // namespace netlab::problem5
