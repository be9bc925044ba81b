// SPDX-License-Identifier: MIT
#include "problem6/room.hpp"

#include <gtest/gtest.h>

#include "tests/problem6/chat_support.hpp"

namespace netlab::problem6 {
namespace {

class Problem6RoomLogic : public ChatTest<Room> {
  protected:
    Problem6RoomLogic() : ChatTest({.room = true, .transcript = true, .auto_reply = {}}) {
        for (const ClientId client : {1U, 2U, 3U}) {
            EXPECT_TRUE(say(client, "/nick " + names[client - 1]));
        }
        for (const ClientId client : {1U, 2U, 3U}) take(client);
    }

    const std::vector<std::string> names{"alice", "bob", "carol"};
};

TEST_F(Problem6RoomLogic, WhatOneSaysAllOthersAndTheOperatorSee) {
    EXPECT_TRUE(say(1, "hello"));
    EXPECT_TRUE(say(1, "again, without a turn"));
    EXPECT_EQ(take(1), Lines{});
    EXPECT_EQ(take(2), (Lines{"<alice> hello", "<alice> again, without a turn"}));
    EXPECT_EQ(take(3), (Lines{"<alice> hello", "<alice> again, without a turn"}));
    EXPECT_EQ(take_shown(), (Lines{"<alice> hello", "<alice> again, without a turn"}));
}

TEST_F(Problem6RoomLogic, TheOperatorSpeaksAsServer) {
    EXPECT_EQ(type("welcome"), Outcome::done);
    for (const ClientId client : {1U, 2U, 3U}) EXPECT_EQ(take(client), Lines{"<server> welcome"});
}

TEST_F(Problem6RoomLogic, PrivateMessagesGoToOneAlone) {
    EXPECT_TRUE(say(1, "/msg bob a secret"));
    EXPECT_EQ(take(2), Lines{"<alice to bob> a secret"});
    EXPECT_EQ(take(3), Lines{});
    EXPECT_EQ(take_shown(), Lines{});
    EXPECT_EQ(take_transcript(), Lines{});
    EXPECT_TRUE(say(1, "/msg dave hi"));
    EXPECT_EQ(take(1), Lines{"ERROR nobody here is called dave"});
    EXPECT_TRUE(say(1, "/msg server hi"));
    EXPECT_EQ(take_shown(), Lines{"<alice to server> hi"});
    EXPECT_EQ(type("@alice yes?"), Outcome::done);
    EXPECT_EQ(take(1), Lines{"<server to alice> yes?"});
}

TEST_F(Problem6RoomLogic, JoinsLeavesKicksAndNewNamesAreAnnounced) {
    join();
    EXPECT_EQ(take(1), Lines{});
    EXPECT_TRUE(say(4, "/nick dave"));
    EXPECT_EQ(take(1), Lines{"* dave joined"});
    EXPECT_TRUE(say(4, "/nick david"));
    EXPECT_EQ(take(1), Lines{"* dave is now david"});
    leave(4, "reset");
    EXPECT_EQ(take(1), Lines{"* david left"});
    EXPECT_EQ(type("/kick bob"), Outcome::done);
    EXPECT_EQ(take(1), Lines{"* bob was kicked"});
}

TEST_F(Problem6RoomLogic, AListenerWhoSaysNothingIsAnnouncedAsAGuest) {
    join();
    announce(4);
    announce(4);
    EXPECT_EQ(take(1), Lines{"* guest4 joined"});
}

TEST_F(Problem6RoomLogic, TellsWhoIsHere) {
    EXPECT_TRUE(say(2, "/who"));
    EXPECT_EQ(take(2), Lines{"* here: alice, bob, carol"});
}

TEST_F(Problem6RoomLogic, TakesTheEscapeOffWhereTheLineHasAName) {
    EXPECT_TRUE(say(1, "//shrug"));
    EXPECT_TRUE(say(1, "/<bob> not me"));
    EXPECT_EQ(take(3), (Lines{"<alice> /shrug", "<alice> <bob> not me"}));
}

}  // namespace
}  // namespace netlab::problem6
