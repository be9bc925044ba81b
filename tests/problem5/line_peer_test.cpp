// SPDX-License-Identifier: MIT
#include "problem5/line_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace netlab::problem5 {
namespace {

using Kind = PeerEvent::Kind;

class Problem5LinePeer : public ::testing::Test {
  protected:
    void feed(std::string_view bytes) {
        const Bytes all = as_bytes(bytes);
        std::ranges::copy(all, peer.prepare().begin());
        peer.on_bytes(all.size(), now);
    }
    std::string take_unsent() {
        std::string sent(as_text(peer.unsent()));
        peer.on_sent(sent.size());
        return sent;
    }
    void expect_no_event() { EXPECT_EQ(peer.take_event(), std::nullopt); }
    void expect_event(Kind kind, const std::string& text = "") {
        EXPECT_EQ(peer.take_event(), (PeerEvent{kind, text}));
    }

    const Tracer tracer;
    TimePoint now{seconds(1000)};
    LinePeer peer{"", tracer, now};
};

TEST_F(Problem5LinePeer, TellsItsNameOnlyWhereThereIsOne) {
    EXPECT_TRUE(peer.ready());
    LinePeer ann("Ann", tracer, now);
    EXPECT_EQ(as_text(ann.unsent()), "/name Ann\n");
    EXPECT_FALSE(ann.ready());
}

TEST_F(Problem5LinePeer, HearsLinesHoweverTheyAreCutUp) {
    feed("hel");
    expect_no_event();
    feed("lo\r\n/name Ann\n\nsecond\nth");
    expect_event(Kind::message, "hello");
    expect_event(Kind::name, "Ann");
    expect_event(Kind::message, "second");
    expect_no_event();
    feed("ird");
    expect_no_event();
    feed("");
    expect_event(Kind::message, "third");
    expect_event(Kind::left);
    expect_no_event();
}

TEST_F(Problem5LinePeer, NothingCountsAfterAGoodbye) {
    feed("hello\n/bye\nmore\n" + std::string(100, 'x'));
    expect_event(Kind::message, "hello");
    expect_event(Kind::left);
    expect_no_event();
    peer.fail("reset");
    expect_no_event();
    EXPECT_FALSE(peer.wants_input());
}

TEST_F(Problem5LinePeer, HearsThatThePeerIsBusyAndWhatItDoesNotUnderstand) {
    feed("/dance\n/busy\n");
    expect_event(Kind::unknown, "/dance");
    expect_event(Kind::busy);
    expect_no_event();
}

TEST_F(Problem5LinePeer, AGoodbyeAndTheEndOfTheStreamMeanTheSame) {
    for (const char* end : {"/bye\n", ""}) {
        LinePeer nc("", tracer, now);
        const std::string lines = "one\ntwo\n/name Ann\nthree\n";
        std::ranges::copy(as_bytes(lines), nc.prepare().begin());
        nc.on_bytes(lines.size(), now);
        nc.say("queued", now);
        std::ranges::copy(as_bytes(end), nc.prepare().begin());
        nc.on_bytes(std::string_view(end).size(), now);
        std::string story;
        while (const auto event = nc.take_event()) {
            story += std::to_string(static_cast<int>(event->kind)) + event->text + "|";
        }
        EXPECT_EQ(story, "0one|0two|1Ann|0three|2|") << end;
        EXPECT_FALSE(nc.over()) << "what was said before still goes";
        EXPECT_EQ(as_text(nc.unsent()), "queued\n");
        nc.on_sent(7);
        EXPECT_TRUE(nc.over());
    }
}

TEST_F(Problem5LinePeer, WhoeverLeavesStillHearsWhatWasUnderWay) {
    peer.goodbye(now);
    EXPECT_EQ(take_unsent(), "/bye\n");
    EXPECT_FALSE(peer.over());
    feed("wait\n");
    expect_event(Kind::message, "wait");
    feed("");
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5LinePeer, ButNotForEver) {
    peer.say("never read", now);
    peer.goodbye(now);
    EXPECT_EQ(peer.next_deadline(), now + LinePeer::kLingerTime);
    now += LinePeer::kLingerTime - milliseconds(1);
    peer.on_timer(now);
    EXPECT_FALSE(peer.over());
    peer.on_timer(now += milliseconds(1));
    EXPECT_TRUE(peer.over());
    EXPECT_FALSE(peer.all_arrived());
    expect_no_event();
}

TEST_F(Problem5LinePeer, IsNotReadyUntilTheLastMessageIsSent) {
    peer.say("/slash", now);
    EXPECT_FALSE(peer.ready());
    peer.on_sent(3);
    EXPECT_EQ(take_unsent(), "lash\n");
    EXPECT_TRUE(peer.ready());
    peer.goodbye(now);
    peer.goodbye(now);
    EXPECT_EQ(take_unsent(), "/bye\n");
}

TEST_F(Problem5LinePeer, ReadsNoFurtherThanItsLinesAreUsed) {
    EXPECT_TRUE(peer.wants_input());
    feed("one\ntwo\n");
    expect_event(Kind::message, "one");
    EXPECT_FALSE(peer.wants_input());
    expect_event(Kind::message, "two");
    EXPECT_TRUE(peer.wants_input());
}

TEST_F(Problem5LinePeer, RefusesALineOver64KiB) {
    feed(std::string(64 * 1024, 'x'));
    expect_no_event();
    feed("y\n");
    expect_event(Kind::lost, "line too long");
    EXPECT_EQ(take_unsent(), "ERROR line too long\n");
    EXPECT_FALSE(peer.wants_input());
}

TEST_F(Problem5LinePeer, TakesALineOf64KiB) {
    feed(std::string(64 * 1024, 'x'));
    expect_no_event();
    feed("\n");
    expect_event(Kind::message, std::string(64 * 1024, 'x'));
}

TEST_F(Problem5LinePeer, ALineOnceBegunMustEndInTime) {
    EXPECT_EQ(peer.next_deadline(), kNever) << "silence between lines may last";
    feed("whole\na");
    expect_event(Kind::message, "whole");
    expect_no_event();
    const TimePoint deadline = now + LinePeer::kMessageTimeout;
    now += seconds(20);
    feed("b");
    expect_no_event();
    EXPECT_EQ(peer.next_deadline(), deadline) << "a byte now and then does not help";
    peer.on_timer(deadline - milliseconds(1));
    expect_no_event();
    peer.on_timer(deadline);
    expect_event(Kind::lost, "a line was begun and not ended");
}

TEST_F(Problem5LinePeer, ALineThatIsNotReadOnMayTakeItsTime) {
    feed("whole\na");
    now += 10 * LinePeer::kMessageTimeout;
    peer.on_timer(now);
    expect_event(Kind::message, "whole");
    peer.on_timer(now + LinePeer::kMessageTimeout - milliseconds(1));
    expect_no_event();
    peer.on_timer(now + LinePeer::kMessageTimeout);
    expect_event(Kind::lost, "a line was begun and not ended");
}

TEST_F(Problem5LinePeer, APeerThatDoesNotReadIsGivenUp) {
    peer.say("hello", now);
    peer.on_sent(2);
    EXPECT_EQ(peer.next_deadline(), now + LinePeer::kMessageTimeout);
    peer.on_timer(peer.next_deadline());
    expect_event(Kind::lost, "the peer does not read");
    EXPECT_EQ(peer.next_deadline(), kNever);
}

TEST_F(Problem5LinePeer, ANameMayComeUntilTheFirstMessage) {
    EXPECT_TRUE(peer.name_may_come());
    feed("/name Ann\n");
    expect_event(Kind::name, "Ann");
    EXPECT_TRUE(peer.name_may_come());
    feed("hello\n");
    expect_event(Kind::message, "hello");
    EXPECT_FALSE(peer.name_may_come());
}

}  // namespace
}  // namespace netlab::problem5
