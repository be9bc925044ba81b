// SPDX-License-Identifier: MIT
#include "problem5/protocol.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

TEST(Problem5Packet, ReadsAsItIsWritten) {
    EXPECT_EQ((Packet{Packet::Kind::msg, 7, "two words"}.encode()), "MSG 7 two words");
    EXPECT_EQ((Packet{Packet::Kind::msg, 0, "Ann"}.encode()), "MSG 0 Ann");
    EXPECT_EQ((Packet{Packet::Kind::ack, 18446744073709551615U}.encode()),
              "ACK 18446744073709551615");
    EXPECT_EQ(Packet{Packet::Kind::bye}.encode(), "BYE");
    EXPECT_EQ(Packet{Packet::Kind::ping}.encode(), "PING");
    EXPECT_EQ(Packet{Packet::Kind::pong}.encode(), "PONG");
    EXPECT_EQ(Packet{Packet::Kind::busy}.encode(), "BUSY");
    for (const char* text :
         {"MSG 1 a", "MSG 2  two spaces ", "ACK 3", "BYE", "PING", "PONG", "BUSY"}) {
        const auto packet = Packet::parse(text);
        ASSERT_TRUE(packet) << text;
        EXPECT_EQ(packet->encode(), text);
    }
}

TEST(Problem5Packet, ForgivesOneNewlineAtTheEnd) {
    EXPECT_EQ(Packet::parse("MSG 1 hi\n")->text, "hi");
    EXPECT_EQ(Packet::parse("MSG 1 hi\r\n")->text, "hi");
    EXPECT_EQ(Packet::parse("ACK 1\n")->number, 1U);
    EXPECT_EQ(Packet::parse("BYE\n")->kind, Packet::Kind::bye);
}

TEST(Problem5Packet, IsNothingElse) {
    for (const char* text : {"",
                             "\n",
                             "MSG 1 hi\n\n",
                             "MSG 1 hi\nserver: yes",
                             "msg 1 hi",
                             "MSG",
                             "MSG 1",
                             "MSG 1 ",
                             "MSG  1 hi",
                             "MSG -1 hi",
                             "MSG 1x hi",
                             "MSG x hi",
                             "MSG 18446744073709551616 hi",
                             "ACK",
                             "ACK ",
                             "ACK x",
                             "ACK 1 2",
                             "BYE now",
                             "PINGS",
                             "hello"}) {
        EXPECT_FALSE(Packet::parse(text)) << text;
    }
}

TEST(Problem5Packet, CountsCharactersAndNotBytes) {
    EXPECT_EQ(count_characters("aä€😀"), 4U);
    EXPECT_EQ(count_characters("\xff\xfe x"), 4U) << "a byte that is no UTF-8 counts as one";
    EXPECT_EQ(validate_text(repeat("ä", 1000)), std::nullopt);
    EXPECT_NE(validate_text(repeat("ä", 1001)), std::nullopt);
    EXPECT_NE(validate_text(std::string(1001, 'x')), std::nullopt);
    EXPECT_TRUE(Packet::parse("MSG 1 " + repeat("ä", 1000)));
    EXPECT_FALSE(Packet::parse("MSG 1 " + std::string(1001, 'x')));
}

}  // namespace
}  // namespace netlab::problem5
