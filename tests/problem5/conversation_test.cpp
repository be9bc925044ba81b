// SPDX-License-Identifier: MIT
#include "problem5/conversation.hpp"

#include <gtest/gtest.h>

#include "problem5/protocol.hpp"

namespace netlab::problem5 {
namespace {

using Texts = std::vector<std::string>;
using Role = Conversation::Role;
using Turn = Conversation::Turn;

const TimePoint kNow{seconds(1000)};

// Notes what it is told, and does what the test says.
class FakePeer final : public Peer {
  public:
    void say(std::string_view text, TimePoint) override { told_.emplace_back(text); }
    [[nodiscard]] bool ready() const override { return is_ready; }
    void goodbye(TimePoint) override { told_.emplace_back("<goodbye>"); }
    [[nodiscard]] bool over() const override { return is_over; }
    [[nodiscard]] bool all_arrived() const override { return true; }
    [[nodiscard]] bool name_may_come() const override { return false; }

    void does(PeerEvent event) { events_.push_back(std::move(event)); }
    [[nodiscard]] bool is_heard() const { return events_.empty(); }
    Texts take_told() { return std::exchange(told_, {}); }

    bool is_ready = true;
    bool is_over = false;

  private:
    Texts told_;
};

// One end, from a script, with or without a peer.
class End {
  public:
    explicit End(Role role) : chat(role, validate_line, "", false) {}

    // What goes to the peer now; `shown` has the peer's messages.
    Texts go_on() {
        chat.converse(peer, kNow);
        for (const Line& line : chat.take_screen()) {
            if (line.kind == Line::Kind::message) shown.push_back(line.text);
        }
        return peer.take_told();
    }
    Texts hear(const std::string& text) {
        peer.does({PeerEvent::Kind::message, text});
        return go_on();
    }
    Texts drop() {
        static_cast<void>(chat.take_screen());
        chat.drop_typed(false);
        Texts told;
        for (const Line& line : chat.take_screen()) told.push_back(line.text);
        return told;
    }
    Texts take_shown() { return std::exchange(shown, {}); }
    void part() {
        peer.does({PeerEvent::Kind::left});
        peer.is_over = true;
        go_on();
        peer.is_over = false;
    }

    Conversation chat;
    FakePeer peer;
    Texts shown;
};

TEST(Problem5Conversation, AfterAMessageAReplyMustComeBeforeTheNext) {
    End ann(Role::client);
    ann.chat.begin("");
    ann.chat.type("one");
    ann.chat.type("two");
    EXPECT_EQ(ann.go_on(), Texts{"one"});
    EXPECT_EQ(ann.chat.turn(), Turn::theirs);
    EXPECT_EQ(ann.go_on(), Texts{});
    EXPECT_EQ(ann.hear("reply"), Texts{"two"});
    EXPECT_EQ(ann.take_shown(), Texts{"server: reply"});
    EXPECT_EQ(ann.drop(), Texts{});
}

TEST(Problem5Conversation, TheServerWaitsForTheClientsFirstMessage) {
    End bob(Role::server);
    bob.chat.begin("");
    bob.chat.type("too early");
    EXPECT_EQ(bob.go_on(), Texts{});
    EXPECT_EQ(bob.hear("hello"), Texts{"too early"});
    EXPECT_EQ(bob.take_shown(), Texts{"client: hello"});
}

TEST(Problem5Conversation, APeerThatSaysTwoThingsAtOnceIsAnsweredOneByOne) {
    End bob(Role::server);
    bob.chat.begin("");
    bob.hear("one");
    bob.hear("two");
    EXPECT_EQ(bob.take_shown(), Texts{"client: one"}) << "two waits for our answer";
    bob.chat.type("answer");
    EXPECT_EQ(bob.go_on(), Texts{"answer"});
    EXPECT_EQ(bob.take_shown(), Texts{"client: two"});
}

TEST(Problem5Conversation, WhatThePeerSaidEarlyIsNotLostWhenItLeaves) {
    End bob(Role::server);
    bob.chat.begin("");
    for (const char* text : {"one", "two", "three"}) bob.hear(text);
    bob.part();
    EXPECT_EQ(bob.take_shown(), (Texts{"client: one", "client: two", "client: three"}));
    EXPECT_EQ(bob.chat.turn(), Turn::nobodys);

    bob.chat.begin("");
    bob.go_on();
    EXPECT_EQ(bob.take_shown(), Texts{}) << "nothing of it is left for the next dialogue";
}

TEST(Problem5Conversation, LinesTypedWithoutAPeerWaitForTheNext) {
    End bob(Role::server);
    bob.chat.type("one");
    EXPECT_FALSE(bob.chat.wants_to_quit());
    bob.chat.begin("");
    EXPECT_EQ(bob.hear("hello"), Texts{"one"});
    bob.chat.type("two");
    bob.part();
    EXPECT_EQ(bob.peer.take_told(), Texts{});
    bob.chat.begin("");
    EXPECT_EQ(bob.hear("hello"), Texts{"two"});
}

TEST(Problem5Conversation, TheEndOfInputAwaitsTheReplyToTheLastLine) {
    End ann(Role::client);
    ann.chat.begin("");
    ann.chat.type("last");
    ann.chat.end_of_input();
    EXPECT_EQ(ann.go_on(), Texts{"last"});
    EXPECT_EQ(ann.hear("reply"), Texts{"<goodbye>"});
    EXPECT_EQ(ann.take_shown(), Texts{"server: reply"});
}

TEST(Problem5Conversation, AnEmptyInputIsAGoodbyeForTheOneWhoseTurnItIs) {
    End ann(Role::client);
    ann.chat.begin("");
    ann.chat.end_of_input();
    EXPECT_EQ(ann.go_on(), Texts{"<goodbye>"});

    End bob(Role::server);
    bob.chat.end_of_input();
    EXPECT_FALSE(bob.chat.wants_to_quit()) << "it waits for a peer";
    bob.chat.begin("");
    EXPECT_EQ(bob.go_on(), Texts{});
    EXPECT_EQ(bob.hear("hello"), Texts{"<goodbye>"});
    EXPECT_EQ(bob.take_shown(), Texts{"client: hello"});
}

TEST(Problem5Conversation, QuitTakesItsPlaceAmongTheLinesAndAwaitsNothing) {
    End ann(Role::client);
    ann.chat.begin("");
    for (const char* line : {"one", "/quit", "for the next one"}) ann.chat.type(line);
    EXPECT_EQ(ann.go_on(), (Texts{"one", "<goodbye>"}));
    EXPECT_EQ(ann.drop(), Texts{"1 line was not sent"});
}

TEST(Problem5Conversation, QuitWithoutAPeerIsToldUnlessALineWaitsForOne) {
    End bob(Role::server);
    bob.chat.type("/quit");
    EXPECT_TRUE(bob.chat.wants_to_quit());
    bob.drop();
    bob.chat.type("first a line");
    bob.chat.type("/quit");
    EXPECT_FALSE(bob.chat.wants_to_quit());
}

TEST(Problem5Conversation, APeerThatIsNotReadyIsToldNothingButGoodbye) {
    End ann(Role::client);
    ann.chat.begin("");
    ann.peer.is_ready = false;
    ann.chat.type("one");
    ann.chat.end_of_input();
    EXPECT_EQ(ann.go_on(), Texts{});
    EXPECT_EQ(ann.chat.turn(), Turn::ours);
    ann.drop();
    ann.chat.type("/quit");
    EXPECT_EQ(ann.go_on(), Texts{"<goodbye>"});
}

TEST(Problem5Conversation, ForgetsWhatWasTypedWhenToldSo) {
    End ann(Role::client);
    ann.chat.type("one");
    ann.chat.type("/quit");
    EXPECT_EQ(ann.drop(), Texts{"1 line was not sent"});
    EXPECT_EQ(ann.drop(), Texts{});
    ann.chat.begin("");
    EXPECT_EQ(ann.go_on(), Texts{});
    EXPECT_TRUE(ann.chat.may_type());
}

TEST(Problem5Conversation, KeepsABoundedAmountOfEachSidesLines) {
    End bob(Role::server);
    bob.chat.begin("");
    const std::string line(1000, 'x');
    std::size_t heard = 0;
    for (; bob.peer.is_heard() && heard < 2000; ++heard) bob.hear(line);
    EXPECT_LT(heard, 1100U);
    bob.peer.is_ready = false;
    std::size_t typed = 0;
    for (; bob.chat.may_type() && typed < 2000; ++typed) bob.chat.type(line);
    EXPECT_LT(typed, 1100U);

    bob.peer.is_ready = true;
    while (!bob.go_on().empty()) continue;
    EXPECT_GE(bob.take_shown().size(), std::min(heard, typed));
    EXPECT_TRUE(bob.peer.is_heard());
    EXPECT_TRUE(bob.chat.may_type());
}

}  // namespace
}  // namespace netlab::problem5
