// SPDX-License-Identifier: MIT
#include "problem5/protocol.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Kind = PeerEvent::Kind;

TEST(Problem5ChatLine, AMessageIsItsText) {
    EXPECT_EQ(encode_message("hello"), "hello\n");
    EXPECT_EQ(parse_line("hello"), (PeerEvent{Kind::message, "hello"}));
}

TEST(Problem5ChatLine, AMessageThatBeginsWithASlashGetsOneMore) {
    EXPECT_EQ(encode_message("/bye"), "//bye\n");
    EXPECT_EQ(encode_message("//"), "///\n");
    for (const char* text : {"/bye", "/", "//", "/name x", "a/b"}) {
        std::string line = encode_message(text);
        line.pop_back();
        EXPECT_EQ(parse_line(line), (PeerEvent{Kind::message, text}));
    }
}

TEST(Problem5ChatLine, ASlashIsControl) {
    EXPECT_EQ(encode_name("Ann Lee"), "/name Ann Lee\n");
    EXPECT_EQ(parse_line("/name Ann Lee"), (PeerEvent{Kind::name, "Ann Lee"}));
    EXPECT_EQ(parse_line("/busy"), (PeerEvent{Kind::busy}));
    EXPECT_EQ(parse_line("/bye"), (PeerEvent{Kind::left}));
    EXPECT_EQ(parse_line(""), std::nullopt);
    for (const char* line : {"/", "/byes", "/bye ", "/name", "/quit"}) {
        EXPECT_EQ(parse_line(line), (PeerEvent{Kind::unknown, line}));
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
