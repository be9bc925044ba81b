// SPDX-License-Identifier: MIT
#include "problem6/protocol.hpp"

#include <gtest/gtest.h>

namespace netlab::problem6 {
namespace {

using FromClient = ClientLine::Kind;
using FromServer = ServerLine::Kind;

TEST(Problem6Protocol, EscapesWhatCouldBeTakenForSomethingElse) {
    EXPECT_EQ(encode_message("hello"), "hello");
    EXPECT_EQ(encode_message("/quit"), "//quit");
    EXPECT_EQ(encode_message("* joined"), "/* joined");
    EXPECT_EQ(encode_message("<bob> hi"), "/<bob> hi");
    EXPECT_EQ(encode_message("ERROR x"), "/ERROR x");
    EXPECT_EQ(encode_message("*bold*"), "*bold*");
    EXPECT_EQ(encode_message("ERRORS"), "ERRORS");
}

TEST(Problem6Protocol, EveryMessageSurvivesBothWays) {
    for (const std::string text : {"a", "/", "//", "///x", "/nick bob", "* x", "*", "<", "<a> b",
                                   "ERROR ", "ERROR", "/* x", "/<", "/ERROR x", " ", "\xff"}) {
        const std::string line = encode_message(text);
        EXPECT_EQ(parse_client_line(line).kind, FromClient::message) << line;
        EXPECT_EQ(parse_client_line(line).text, text) << line;
        EXPECT_EQ(parse_server_line(line).kind, FromServer::reply) << line;
        EXPECT_EQ(parse_server_line(line).text, text) << line;
    }
}

TEST(Problem6Protocol, TellsCommandsFromMessages) {
    EXPECT_EQ(parse_client_line("").kind, FromClient::empty);
    EXPECT_EQ(parse_client_line("/quit").kind, FromClient::quit);
    EXPECT_EQ(parse_client_line("/who").kind, FromClient::who);
    EXPECT_EQ(parse_client_line("/nick alice").kind, FromClient::nick);
    EXPECT_EQ(parse_client_line("/nick alice").name, "alice");
    EXPECT_EQ(parse_client_line("/nick a b").name, "a b");
    const ClientLine to_bob = parse_client_line("/msg bob how are you");
    EXPECT_EQ(to_bob.kind, FromClient::private_message);
    EXPECT_EQ(to_bob.name, "bob");
    EXPECT_EQ(to_bob.text, "how are you");
    EXPECT_EQ(parse_client_line("/dance").kind, FromClient::unknown);
    EXPECT_EQ(parse_client_line("/quitter").kind, FromClient::unknown);
}

TEST(Problem6Protocol, TakesUnescapedNoticesFromClientsAsMessages) {
    EXPECT_EQ(parse_client_line("* waves").text, "* waves");
    EXPECT_EQ(parse_client_line("<o>").text, "<o>");
}

TEST(Problem6Protocol, TellsWhatTheServerMeans) {
    EXPECT_EQ(parse_server_line("* server closing").kind, FromServer::notice);
    EXPECT_EQ(parse_server_line(kClosingNotice).text, "server closing");
    EXPECT_EQ(parse_server_line("ERROR line too long").kind, FromServer::refusal);
    EXPECT_EQ(parse_server_line("ERROR line too long").text, "line too long");
    EXPECT_EQ(parse_server_line("<alice> hi").kind, FromServer::room);
    EXPECT_EQ(parse_server_line("<alice> hi").text, "<alice> hi");
    EXPECT_EQ(parse_server_line("").kind, FromServer::reply);
}

TEST(Problem6Protocol, AcceptsNamesOfPrintableCharacters) {
    for (const std::string name : {"a", "alice", "ALICE", "é", "漢字", "a1", "1a", "a-b_c.d",
                                   "Server", "12345678901234567890123456789012a"}) {
        EXPECT_EQ(validate_name(name).has_value(), name.size() == 33) << name;
    }
    std::string characters;
    for (int i = 0; i < 32; ++i) characters += "é";
    EXPECT_EQ(validate_name(characters), std::nullopt);
    EXPECT_NE(validate_name(characters + "é"), std::nullopt);
}

TEST(Problem6Protocol, RefusesNamesThatMislead) {
    for (const std::string name :
         {"", "server", "42", "a b", " a", "a\tb", "a\x1b[2J", "\xff", "\xc3", "a\u00a0b",
          "a\u2003", "\u0301a", "a\u200Bb", "\uFEFFa", "a\u202E", "a\u2066b"}) {
        EXPECT_NE(validate_name(name), std::nullopt) << name;
    }
    EXPECT_NE(validate_name(std::string("a\0b", 3)), std::nullopt);
}

}  // namespace
}  // namespace netlab::problem6
