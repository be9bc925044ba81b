// SPDX-License-Identifier: MIT
#include "problem6/dialogues.hpp"

#include <gtest/gtest.h>

#include "tests/problem6/recorder.hpp"

namespace netlab::problem6 {
namespace {

using Outcome = Chat::Outcome;

class Problem6Dialogues : public ::testing::Test {
  protected:
    Problem6Dialogues() {
        for (int i = 0; i < 3; ++i) chat.join("127.0.0.1:1");
    }

    Recorder out{{1, 2, 3}};
    Dialogues chat{out, std::nullopt};
};

TEST_F(Problem6Dialogues, ALineAnswersWhoHasWaitedLongest) {
    EXPECT_TRUE(chat.client_line(2, "hello"));
    EXPECT_TRUE(chat.client_line(1, "me too"));
    EXPECT_EQ(out.take_shown(), (Lines{"[2 guest2] hello", "[1 guest1] me too"}));
    EXPECT_EQ(chat.prompt(), "to 2 guest2 (1 more waits)> ");
    EXPECT_EQ(chat.operator_line("hi two"), Outcome::done);
    EXPECT_EQ(chat.prompt(), "to 1 guest1> ");
    EXPECT_EQ(chat.operator_line("hi one"), Outcome::done);
    EXPECT_EQ(chat.prompt(), "(nobody waits)> ");
    EXPECT_EQ(out.take(2), Lines{"hi two"});
    EXPECT_EQ(out.take(1), Lines{"hi one"});
}

TEST_F(Problem6Dialogues, ASecondMessageWaitsForTheReplyAndANoticeSaysSoOnce) {
    EXPECT_TRUE(chat.client_line(1, "one"));
    EXPECT_FALSE(chat.client_line(1, "two"));
    EXPECT_FALSE(chat.client_line(1, "two"));
    EXPECT_EQ(out.take(1), Lines{"* the reply comes first: your next line waits for it"});
    EXPECT_EQ(out.take_shown(), Lines{"[1 guest1] one"});
    EXPECT_EQ(chat.operator_line("reply"), Outcome::done);
    EXPECT_TRUE(chat.client_line(1, "two"));
    EXPECT_EQ(out.take_shown(), Lines{"[1 guest1] two"});
}

TEST_F(Problem6Dialogues, TheOperatorWaitsUntilSomebodySpeaks) {
    EXPECT_EQ(chat.operator_line("anyone?"), Outcome::wait);
    EXPECT_EQ(chat.operator_line("@1 you?"), Outcome::wait);
    EXPECT_TRUE(chat.client_line(1, "yes"));
    EXPECT_EQ(chat.operator_line("@2 you?"), Outcome::wait);
    EXPECT_EQ(chat.operator_line("@1 you?"), Outcome::done);
    EXPECT_EQ(out.take(1), Lines{"you?"});
}

TEST_F(Problem6Dialogues, ANumberOrANameAnswersAnotherThanTheFirst) {
    EXPECT_TRUE(chat.client_line(3, "/nick carol"));
    for (const ClientId client : {1U, 2U, 3U}) EXPECT_TRUE(chat.client_line(client, "hello"));
    EXPECT_EQ(chat.operator_line("@carol hi carol"), Outcome::done);
    EXPECT_EQ(chat.operator_line("@2 hi two"), Outcome::done);
    EXPECT_EQ(chat.operator_line("hi one"), Outcome::done);
    EXPECT_EQ(out.take(3), Lines{"hi carol"});
    EXPECT_EQ(out.take(2), Lines{"hi two"});
    EXPECT_EQ(out.take(1), Lines{"hi one"});
}

TEST_F(Problem6Dialogues, KnowsWhoMayStillComeAndWhoIsGone) {
    EXPECT_EQ(chat.operator_line("@dave hello"), Outcome::absent);
    EXPECT_EQ(chat.operator_line("@4 hello"), Outcome::absent);
    chat.leave(2, "");
    out.take_notices();
    EXPECT_EQ(chat.operator_line("@2 hello"), Outcome::done);
    EXPECT_EQ(out.take_notices(), Lines{"client 2 has left: not sent: hello"});
}

TEST_F(Problem6Dialogues, WhoLeavesLeavesTheQueue) {
    EXPECT_TRUE(chat.client_line(1, "a"));
    EXPECT_TRUE(chat.client_line(2, "b"));
    chat.leave(1, "");
    EXPECT_EQ(chat.prompt(), "to 2 guest2> ");
    EXPECT_EQ(chat.operator_line("for b"), Outcome::done);
    EXPECT_EQ(out.take(2), Lines{"for b"});
}

TEST_F(Problem6Dialogues, ANoticeToAllPassesNoTurn) {
    EXPECT_TRUE(chat.client_line(1, "hello"));
    EXPECT_EQ(chat.operator_line("/all lunch at noon"), Outcome::done);
    for (const ClientId client : {1U, 2U, 3U}) {
        EXPECT_EQ(out.take(client), Lines{"* lunch at noon"});
    }
    EXPECT_TRUE(chat.owes_reply(1));
    EXPECT_FALSE(chat.owes_reply(2));
}

TEST_F(Problem6Dialogues, JoinsAndLeavesGoToTheOperatorAlone) {
    chat.announce(1);
    EXPECT_TRUE(chat.client_line(2, "/nick bob"));
    chat.leave(2, "recv: Connection reset by peer");
    EXPECT_EQ(out.take_notices(),
              (Lines{"* 1 guest1 joined from 127.0.0.1:1", "* 2 bob joined from 127.0.0.1:1",
                     "* 2 bob left: recv: Connection reset by peer"}));
    for (const ClientId client : {1U, 2U, 3U}) EXPECT_EQ(out.take(client), Lines{});
}

TEST_F(Problem6Dialogues, RefusesNamesThatAreTakenOrBad) {
    EXPECT_TRUE(chat.client_line(1, "/nick alice"));
    EXPECT_TRUE(chat.client_line(2, "/nick alice"));
    EXPECT_EQ(out.take(2), Lines{"ERROR someone is called that already: alice"});
    EXPECT_TRUE(chat.client_line(2, "/nick server"));
    EXPECT_EQ(out.take(2), Lines{"ERROR only the server is called server: server"});
    EXPECT_TRUE(chat.client_line(2, "/nick guest3"));
    EXPECT_EQ(out.take(2).size(), 1U);
    chat.leave(1, "");
    EXPECT_TRUE(chat.client_line(2, "/nick alice"));
    EXPECT_EQ(out.take(2), Lines{});
}

TEST_F(Problem6Dialogues, AGuestsNumberIsFree) {
    EXPECT_TRUE(chat.client_line(1, "/nick guest4"));
    chat.join("127.0.0.1:1");
    EXPECT_TRUE(chat.client_line(4, "hi"));
    EXPECT_EQ(out.take_shown(), Lines{"[4 guest5] hi"});
}

TEST_F(Problem6Dialogues, KicksWithAReason) {
    EXPECT_EQ(chat.operator_line("/kick 2"), Outcome::done);
    EXPECT_EQ(out.take(2), Lines{"ERROR kicked by the operator"});
    EXPECT_EQ(out.disconnected, std::set<ClientId>{2});
    EXPECT_TRUE(chat.client_line(2, "still here"));
    EXPECT_EQ(out.take_shown(), Lines{});
    out.take_notices();
    EXPECT_EQ(chat.operator_line("/kick nobody"), Outcome::done);
    EXPECT_EQ(out.take_notices(), Lines{"no such client: nobody"});
}

TEST_F(Problem6Dialogues, QuitLeavesAlsoWhileAReplyIsOwed) {
    EXPECT_TRUE(chat.client_line(1, "hello"));
    EXPECT_TRUE(chat.client_line(1, "/quit"));
    EXPECT_EQ(out.disconnected, std::set<ClientId>{1});
    EXPECT_EQ(chat.prompt(), "(nobody waits)> ");
}

TEST_F(Problem6Dialogues, EscapesOnTheWireAndOnTheScreen) {
    EXPECT_TRUE(chat.client_line(1, "a\x1b[2J\xff"));
    EXPECT_EQ(out.take_shown(), Lines{"[1 guest1] a\\x1b[2J\\xff"});
    EXPECT_EQ(chat.operator_line("//quit is a command"), Outcome::done);
    EXPECT_EQ(out.take(1), Lines{"//quit is a command"});
    EXPECT_TRUE(chat.client_line(1, "//slash"));
    EXPECT_EQ(out.take_shown(), Lines{"[1 guest1] /slash"});
}

TEST_F(Problem6Dialogues, WritesTheTranscriptRaw) {
    EXPECT_TRUE(chat.client_line(1, "/* x\xff"));
    EXPECT_EQ(chat.operator_line("* y"), Outcome::done);
    EXPECT_EQ(out.transcript, (Lines{"[1 guest1] * x\xff", "[server to 1 guest1] * y"}));
}

TEST_F(Problem6Dialogues, ListsTheClientsAndStopsTheServer) {
    EXPECT_TRUE(chat.client_line(2, "hello"));
    out.take_notices();
    EXPECT_EQ(chat.operator_line("/list"), Outcome::done);
    EXPECT_EQ(out.take_notices(),
              (Lines{"  1 guest1 127.0.0.1:1", "  2 guest2 127.0.0.1:1 waits for a reply",
                     "  3 guest3 127.0.0.1:1", "3 clients"}));
    EXPECT_EQ(chat.operator_line("/quit"), Outcome::done);
    EXPECT_TRUE(out.stopped);
}

TEST_F(Problem6Dialogues, MistypedCommandsAnswerNobody) {
    EXPECT_TRUE(chat.client_line(1, "hello"));
    out.take_notices();
    for (const char* line : {"/lsit", "@1", "/all"}) {
        EXPECT_EQ(chat.operator_line(line), Outcome::done) << line;
        EXPECT_TRUE(chat.owes_reply(1)) << line;
        EXPECT_EQ(out.take(1), Lines{}) << line;
        EXPECT_EQ(out.take_notices().size(), 1U) << line;
    }
    EXPECT_TRUE(chat.client_line(1, "/lsit"));
    EXPECT_EQ(out.take(1), Lines{"ERROR unknown command: /lsit"});
}

TEST(Problem6AutoReply, PutsTheMessageIntoTheReply) {
    Recorder out;
    Dialogues chat(out, "you said %s, %s");
    chat.join("127.0.0.1:1");
    EXPECT_TRUE(chat.client_line(1, "50 % s%s"));
    EXPECT_TRUE(chat.client_line(1, "next"));
    EXPECT_EQ(out.take(1), (Lines{"you said 50 % s%s, %s", "you said next, %s"}));
}

}  // namespace
}  // namespace netlab::problem6
