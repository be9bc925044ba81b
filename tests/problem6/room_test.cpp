// SPDX-License-Identifier: MIT
#include "problem6/room.hpp"

#include <gtest/gtest.h>

#include "tests/problem6/recorder.hpp"

namespace netlab::problem6 {
namespace {

class Problem6RoomLogic : public ::testing::Test {
  protected:
    Problem6RoomLogic() {
        for (const ClientId client : {1U, 2U, 3U}) {
            room.join("127.0.0.1:1");
            EXPECT_TRUE(room.client_line(client, "/nick " + names[client - 1]));
        }
        for (const ClientId client : {1U, 2U, 3U}) out.take(client);
    }

    const std::vector<std::string> names{"alice", "bob", "carol"};
    Recorder out{{1, 2, 3}};
    Room room{out};
};

TEST_F(Problem6RoomLogic, WhatOneSaysAllOthersAndTheOperatorSee) {
    EXPECT_TRUE(room.client_line(1, "hello"));
    EXPECT_TRUE(room.client_line(1, "again, without a turn"));
    EXPECT_EQ(out.take(1), Lines{});
    EXPECT_EQ(out.take(2), (Lines{"<alice> hello", "<alice> again, without a turn"}));
    EXPECT_EQ(out.take(3), (Lines{"<alice> hello", "<alice> again, without a turn"}));
    EXPECT_EQ(out.take_shown(), (Lines{"<alice> hello", "<alice> again, without a turn"}));
}

TEST_F(Problem6RoomLogic, TheOperatorSpeaksAsServer) {
    EXPECT_EQ(room.operator_line("welcome"), Chat::Outcome::done);
    for (const ClientId client : {1U, 2U, 3U})
        EXPECT_EQ(out.take(client), Lines{"<server> welcome"});
}

TEST_F(Problem6RoomLogic, PrivateMessagesGoToOneAlone) {
    EXPECT_TRUE(room.client_line(1, "/msg bob a secret"));
    EXPECT_EQ(out.take(2), Lines{"<alice to bob> a secret"});
    EXPECT_EQ(out.take(3), Lines{});
    EXPECT_EQ(out.take_shown(), Lines{});
    EXPECT_EQ(out.transcript, Lines{});
    EXPECT_TRUE(room.client_line(1, "/msg dave hi"));
    EXPECT_EQ(out.take(1), Lines{"ERROR nobody here is called dave"});
    EXPECT_TRUE(room.client_line(1, "/msg server hi"));
    EXPECT_EQ(out.take_shown(), Lines{"<alice to server> hi"});
    EXPECT_EQ(room.operator_line("@alice yes?"), Chat::Outcome::done);
    EXPECT_EQ(out.take(1), Lines{"<server to alice> yes?"});
}

TEST_F(Problem6RoomLogic, JoinsLeavesKicksAndNewNamesAreAnnounced) {
    room.join("127.0.0.1:1");
    EXPECT_EQ(out.take(1), Lines{});
    EXPECT_TRUE(room.client_line(4, "/nick dave"));
    EXPECT_EQ(out.take(1), Lines{"* dave joined"});
    EXPECT_TRUE(room.client_line(4, "/nick david"));
    EXPECT_EQ(out.take(1), Lines{"* dave is now david"});
    room.leave(4, "reset");
    EXPECT_EQ(out.take(1), Lines{"* david left"});
    EXPECT_EQ(room.operator_line("/kick bob"), Chat::Outcome::done);
    EXPECT_EQ(out.take(1), Lines{"* bob was kicked"});
}

TEST_F(Problem6RoomLogic, AListenerWhoSaysNothingIsAnnouncedAsAGuest) {
    room.join("127.0.0.1:1");
    room.announce(4);
    room.announce(4);
    EXPECT_EQ(out.take(1), Lines{"* guest4 joined"});
}

TEST_F(Problem6RoomLogic, TellsWhoIsHere) {
    EXPECT_TRUE(room.client_line(2, "/who"));
    EXPECT_EQ(out.take(2), Lines{"* here: alice, bob, carol"});
}

TEST_F(Problem6RoomLogic, TakesTheEscapeOffWhereTheLineHasAName) {
    EXPECT_TRUE(room.client_line(1, "//shrug"));
    EXPECT_TRUE(room.client_line(1, "/<bob> not me"));
    EXPECT_EQ(out.take(3), (Lines{"<alice> /shrug", "<alice> <bob> not me"}));
}

}  // namespace
}  // namespace netlab::problem6
