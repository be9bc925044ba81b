// SPDX-License-Identifier: MIT
#include "problem5/dialogue.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Step = Dialogue::Step;
using Kind = Dialogue::Step::Kind;
using Turn = Dialogue::Turn;

TEST(Problem5Dialogue, AfterAMessageAReplyMustComeBeforeTheNext) {
    Dialogue dialogue;
    dialogue.begin(Turn::ours);
    dialogue.type("one");
    dialogue.type("two");
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "one"}));
    EXPECT_EQ(dialogue.turn(), Turn::theirs);
    EXPECT_EQ(dialogue.next(), std::nullopt);
    EXPECT_EQ(dialogue.waiting(), 1U);

    dialogue.hear("reply");
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "reply"}));
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "two"}));
    EXPECT_EQ(dialogue.next(), std::nullopt);
    EXPECT_EQ(dialogue.waiting(), 0U);
}

TEST(Problem5Dialogue, TheServerWaitsForTheClientsFirstMessage) {
    Dialogue dialogue;
    dialogue.begin(Turn::theirs);
    dialogue.type("too early");
    EXPECT_EQ(dialogue.next(), std::nullopt);
    dialogue.hear("hello");
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "hello"}));
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "too early"}));
}

TEST(Problem5Dialogue, APeerThatSaysTwoThingsAtOnceIsAnsweredOneByOne) {
    Dialogue dialogue;
    dialogue.begin(Turn::theirs);
    dialogue.hear("one");
    dialogue.hear("two");
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "one"}));
    EXPECT_EQ(dialogue.next(), std::nullopt) << "two waits for our answer";
    dialogue.type("answer");
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "answer"}));
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "two"}));
    EXPECT_EQ(dialogue.next(), std::nullopt);
}

TEST(Problem5Dialogue, WhatThePeerSaidEarlyIsNotLostWhenItLeaves) {
    Dialogue dialogue;
    dialogue.begin(Turn::theirs);
    for (const char* text : {"one", "two", "three"}) dialogue.hear(text);
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "one"}));
    EXPECT_EQ(dialogue.end(), (std::vector<std::string>{"two", "three"}));
    EXPECT_EQ(dialogue.turn(), Turn::nobodys);

    dialogue.begin(Turn::theirs);
    EXPECT_EQ(dialogue.next(), std::nullopt) << "nothing of it is left for the next dialogue";
}

TEST(Problem5Dialogue, LinesTypedWithoutAPeerWaitForTheNext) {
    Dialogue dialogue;
    dialogue.type("one");
    EXPECT_EQ(dialogue.next(), std::nullopt);
    dialogue.begin(Turn::ours);
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "one"}));
    dialogue.type("two");
    EXPECT_TRUE(dialogue.end().empty());
    EXPECT_EQ(dialogue.next(), std::nullopt);
    dialogue.begin(Turn::ours);
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "two"}));
}

TEST(Problem5Dialogue, TheEndOfInputAwaitsTheReplyToTheLastLine) {
    Dialogue dialogue;
    dialogue.begin(Turn::ours);
    dialogue.type("last");
    dialogue.end_of_input();
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "last"}));
    EXPECT_EQ(dialogue.next(), std::nullopt);
    dialogue.hear("reply");
    EXPECT_EQ(dialogue.next(), (Step{Kind::show, "reply"}));
    EXPECT_EQ(dialogue.next(), (Step{Kind::leave, ""}));
}

TEST(Problem5Dialogue, AnEmptyInputIsAGoodbyeForTheOneWhoseTurnItIs) {
    Dialogue client;
    client.begin(Turn::ours);
    client.end_of_input();
    EXPECT_EQ(client.next(), (Step{Kind::leave, ""}));

    Dialogue server;
    server.end_of_input();
    EXPECT_EQ(server.next(), std::nullopt) << "it waits for a peer";
    server.begin(Turn::theirs);
    EXPECT_EQ(server.next(), std::nullopt);
    server.hear("hello");
    EXPECT_EQ(server.next(), (Step{Kind::show, "hello"}));
    EXPECT_EQ(server.next(), (Step{Kind::leave, ""}));
}

TEST(Problem5Dialogue, QuitTakesItsPlaceAmongTheLinesAndAwaitsNothing) {
    Dialogue dialogue;
    dialogue.begin(Turn::ours);
    dialogue.type("one");
    dialogue.quit();
    dialogue.type("for the next one");
    EXPECT_EQ(dialogue.waiting(), 2U);
    EXPECT_EQ(dialogue.next(), (Step{Kind::say, "one"}));
    EXPECT_EQ(dialogue.next(), (Step{Kind::leave, ""}));
    EXPECT_TRUE(dialogue.end().empty());
    EXPECT_EQ(dialogue.waiting(), 1U);
}

TEST(Problem5Dialogue, QuitWithoutAPeerIsAStep) {
    Dialogue dialogue;
    dialogue.quit();
    EXPECT_EQ(dialogue.next(), (Step{Kind::leave, ""}));
    dialogue.type("first a line");
    dialogue.quit();
    EXPECT_EQ(dialogue.next(), std::nullopt) << "the line waits for a peer, and so does the quit";
}

TEST(Problem5Dialogue, APeerThatIsNotReadyIsToldNothingButGoodbye) {
    Dialogue dialogue;
    dialogue.begin(Turn::ours);
    dialogue.type("one");
    dialogue.end_of_input();
    EXPECT_EQ(dialogue.next(false), std::nullopt);
    EXPECT_EQ(dialogue.turn(), Turn::ours);
    dialogue.drop_typed();
    dialogue.quit();
    EXPECT_EQ(dialogue.next(false), (Step{Kind::leave, ""}));
}

TEST(Problem5Dialogue, ForgetsWhatWasTypedWhenToldSo) {
    Dialogue dialogue;
    dialogue.type("one");
    dialogue.quit();
    dialogue.drop_typed();
    EXPECT_EQ(dialogue.waiting(), 0U);
    EXPECT_EQ(dialogue.next(), std::nullopt);
    EXPECT_TRUE(dialogue.may_type());
}

TEST(Problem5Dialogue, KeepsABoundedAmountOfEachSidesLines) {
    Dialogue dialogue;
    dialogue.begin(Turn::theirs);
    const std::string line(1000, 'x');
    std::size_t typed = 0;
    for (; dialogue.may_type() && typed < 2000; ++typed) dialogue.type(line);
    std::size_t heard = 0;
    for (; dialogue.may_hear() && heard < 2000; ++heard) dialogue.hear(line);
    EXPECT_LT(typed, 1100U);
    EXPECT_LT(heard, 1100U);

    for (std::size_t i = 0; i < heard; ++i) {
        EXPECT_EQ(dialogue.next(), (Step{Kind::show, line}));
        EXPECT_EQ(dialogue.next(), (Step{Kind::say, line}));
    }
    EXPECT_TRUE(dialogue.may_type());
    EXPECT_TRUE(dialogue.may_hear());
}

}  // namespace
}  // namespace netlab::problem5
