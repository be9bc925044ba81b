// SPDX-License-Identifier: MIT
#include "problem6/dialogues.hpp"

#include <gtest/gtest.h>

#include "tests/problem6/chat_support.hpp"

namespace netlab::problem6 {
namespace {

using Problem6Dialogues = ChatTest<Dialogues>;

TEST_F(Problem6Dialogues, ALineAnswersWhoHasWaitedLongest) {
    EXPECT_TRUE(say(2, "hello"));
    EXPECT_TRUE(say(1, "me too"));
    EXPECT_EQ(take_shown(), (Lines{"[2 guest2] hello", "[1 guest1] me too"}));
    EXPECT_EQ(chat_.prompt(), "to 2 guest2 (1 more waits)> ");
    EXPECT_EQ(type("hi two"), Outcome::done);
    EXPECT_EQ(chat_.prompt(), "to 1 guest1> ");
    EXPECT_EQ(type("hi one"), Outcome::done);
    EXPECT_EQ(chat_.prompt(), "(nobody waits)> ");
    EXPECT_EQ(take(2), Lines{"hi two"});
    EXPECT_EQ(take(1), Lines{"hi one"});
}

TEST_F(Problem6Dialogues, ASecondMessageWaitsForTheReplyAndANoticeSaysSoOnce) {
    EXPECT_TRUE(say(1, "one"));
    EXPECT_FALSE(say(1, "two"));
    EXPECT_FALSE(say(1, "three"));
    EXPECT_EQ(take(1), Lines{"* the reply comes first: your next line waits for it"});
    EXPECT_EQ(take_shown(), Lines{"[1 guest1] one"});
    EXPECT_EQ(type("reply"), Outcome::done);
    EXPECT_FALSE(say(1, "four"));
    EXPECT_EQ(take_shown(), Lines{"[1 guest1] two"});
    EXPECT_EQ(take(1), (Lines{"reply", "* the reply comes first: your next line waits for it"}));
}

TEST_F(Problem6Dialogues, TheOperatorWaitsUntilSomebodySpeaks) {
    EXPECT_EQ(type("anyone?"), Outcome::wait);
    EXPECT_EQ(type("@1 you?"), Outcome::wait);
    EXPECT_TRUE(say(1, "yes"));
    EXPECT_EQ(type("@2 you?"), Outcome::wait);
    EXPECT_EQ(type("@1 you?"), Outcome::done);
    EXPECT_EQ(take(1), Lines{"you?"});
}

TEST_F(Problem6Dialogues, ANumberOrANameAnswersAnotherThanTheFirst) {
    EXPECT_TRUE(say(3, "/nick carol"));
    for (const ClientId client : {1U, 2U, 3U}) EXPECT_TRUE(say(client, "hello"));
    EXPECT_EQ(type("@carol hi carol"), Outcome::done);
    EXPECT_EQ(type("@2 hi two"), Outcome::done);
    EXPECT_EQ(type("hi one"), Outcome::done);
    EXPECT_EQ(take(3), Lines{"hi carol"});
    EXPECT_EQ(take(2), Lines{"hi two"});
    EXPECT_EQ(take(1), Lines{"hi one"});
}

TEST_F(Problem6Dialogues, KnowsWhoMayStillComeAndWhoIsGone) {
    EXPECT_EQ(type("@dave hello"), Outcome::absent);
    EXPECT_EQ(type("@4 hello"), Outcome::absent);
    leave(2, "");
    take_notices();
    EXPECT_EQ(type("@2 hello"), Outcome::done);
    EXPECT_EQ(take_notices(), Lines{"client 2 has left: not sent: hello"});
}

TEST_F(Problem6Dialogues, WhoLeavesLeavesTheQueue) {
    EXPECT_TRUE(say(1, "a"));
    EXPECT_TRUE(say(2, "b"));
    leave(1, "");
    EXPECT_EQ(chat_.prompt(), "to 2 guest2> ");
    EXPECT_EQ(type("for b"), Outcome::done);
    EXPECT_EQ(take(2), Lines{"for b"});
}

TEST_F(Problem6Dialogues, ANoticeToAllPassesNoTurn) {
    EXPECT_TRUE(say(1, "hello"));
    EXPECT_EQ(type("/all lunch at noon"), Outcome::done);
    for (const ClientId client : {1U, 2U, 3U}) {
        EXPECT_EQ(take(client), Lines{"* lunch at noon"});
    }
    EXPECT_TRUE(chat_.owes_reply(1));
    EXPECT_FALSE(chat_.owes_reply(2));
}

TEST_F(Problem6Dialogues, JoinsAndLeavesGoToTheOperatorAlone) {
    announce(1);
    EXPECT_TRUE(say(2, "/nick bob"));
    leave(2, "recv: Connection reset by peer");
    EXPECT_EQ(take_notices(),
              (Lines{"* 1 guest1 joined from 127.0.0.1:1", "* 2 bob joined from 127.0.0.1:1",
                     "* 2 bob left: recv: Connection reset by peer"}));
    for (const ClientId client : {1U, 2U, 3U}) EXPECT_EQ(take(client), Lines{});
}

TEST_F(Problem6Dialogues, RefusesNamesThatAreTakenOrBad) {
    EXPECT_TRUE(say(1, "/nick alice"));
    EXPECT_TRUE(say(2, "/nick alice"));
    EXPECT_EQ(take(2), Lines{"ERROR someone is called that already: alice"});
    EXPECT_TRUE(say(2, "/nick server"));
    EXPECT_EQ(take(2), Lines{"ERROR only the server is called server: server"});
    EXPECT_TRUE(say(2, "/nick guest3"));
    EXPECT_EQ(take(2).size(), 1U);
    leave(1, "");
    EXPECT_TRUE(say(2, "/nick alice"));
    EXPECT_EQ(take(2), Lines{});
}

TEST_F(Problem6Dialogues, AGuestsNumberIsFree) {
    EXPECT_TRUE(say(1, "/nick guest4"));
    join();
    EXPECT_TRUE(say(4, "hi"));
    EXPECT_EQ(take_shown(), Lines{"[4 guest5] hi"});
}

TEST_F(Problem6Dialogues, KicksWithAReason) {
    EXPECT_EQ(type("/kick 2"), Outcome::done);
    EXPECT_EQ(take(2), Lines{"ERROR kicked by the operator"});
    EXPECT_TRUE(disconnected(2));
    EXPECT_TRUE(say(2, "still here"));
    EXPECT_EQ(take_shown(), Lines{});
    take_notices();
    EXPECT_EQ(type("/kick nobody"), Outcome::done);
    EXPECT_EQ(take_notices(), Lines{"no such client: nobody"});
}

TEST_F(Problem6Dialogues, QuitLeavesAlsoWhileAReplyIsOwed) {
    EXPECT_TRUE(say(1, "hello"));
    EXPECT_TRUE(say(1, "/quit"));
    EXPECT_TRUE(disconnected(1));
    EXPECT_EQ(chat_.prompt(), "(nobody waits)> ");
}

TEST_F(Problem6Dialogues, EscapesOnTheWireAndOnTheScreen) {
    EXPECT_TRUE(say(1, "a\x1b[2J\xff"));
    EXPECT_EQ(take_shown(), Lines{"[1 guest1] a\\x1b[2J\\xff"});
    EXPECT_EQ(type("//quit is a command"), Outcome::done);
    EXPECT_EQ(take(1), Lines{"//quit is a command"});
    EXPECT_TRUE(say(1, "//slash"));
    EXPECT_EQ(take_shown(), Lines{"[1 guest1] /slash"});
}

TEST_F(Problem6Dialogues, WritesTheTranscriptRaw) {
    EXPECT_TRUE(say(1, "/* x\xff"));
    EXPECT_EQ(type("* y"), Outcome::done);
    EXPECT_EQ(take_transcript(), (Lines{"[1 guest1] * x\xff", "[server to 1 guest1] * y"}));
}

TEST_F(Problem6Dialogues, ListsTheClients) {
    EXPECT_TRUE(say(2, "hello"));
    take_notices();
    EXPECT_EQ(type("/list"), Outcome::done);
    EXPECT_EQ(take_notices(),
              (Lines{"  1 guest1 127.0.0.1:1", "  2 guest2 127.0.0.1:1 waits for a reply",
                     "  3 guest3 127.0.0.1:1", "3 clients"}));
}

TEST_F(Problem6Dialogues, MistypedCommandsAnswerNobody) {
    EXPECT_TRUE(say(1, "hello"));
    take_notices();
    for (const char* line : {"/lsit", "@1", "/all"}) {
        EXPECT_EQ(type(line), Outcome::done) << line;
        EXPECT_TRUE(chat_.owes_reply(1)) << line;
        EXPECT_EQ(take(1), Lines{}) << line;
        EXPECT_EQ(take_notices().size(), 1U) << line;
    }
    EXPECT_TRUE(say(1, "/lsit"));
    EXPECT_TRUE(take(1).at(0).starts_with("ERROR unknown command: /lsit: there are /nick NAME"));
}

class Problem6AutoReply : public ChatTest<Dialogues> {
  protected:
    Problem6AutoReply() : ChatTest({.auto_reply = "you said %s, %s"}) {}
};

TEST_F(Problem6AutoReply, PutsTheMessageIntoTheReply) {
    EXPECT_TRUE(say(1, "50 % s%s"));
    EXPECT_TRUE(say(1, "next"));
    EXPECT_EQ(take(1), (Lines{"you said 50 % s%s, %s", "you said next, %s"}));
}

}  // namespace
}  // namespace netlab::problem6
