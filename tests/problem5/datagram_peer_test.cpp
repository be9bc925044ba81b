// SPDX-License-Identifier: MIT
#include "problem5/datagram_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace netlab::problem5 {
namespace {

using Kind = PeerEvent::Kind;
using Sent = std::vector<std::string>;

constexpr Duration kTick = milliseconds(1);

class Problem5DatagramPeer : public ::testing::Test {
  protected:
    void receive(std::string_view datagram) { peer.on_packet(*Packet::parse(datagram), now); }
    void expect_sent(const Sent& expected) { EXPECT_EQ(peer.take_outgoing(), expected); }
    void expect_event(Kind kind, const std::string& text = "") {
        EXPECT_EQ(peer.take_event(), (PeerEvent{kind, text}));
    }
    void expect_no_event() { EXPECT_EQ(peer.take_event(), std::nullopt); }
    void pass(Duration time) {
        now += time;
        peer.on_timer(now);
    }
    // A message of ours that is acknowledged at once, so that a dialogue is under way.
    void begin() {
        peer.say("hi", now);
        receive("ACK 1");
        static_cast<void>(peer.take_outgoing());
    }

    TimePoint now{seconds(1000)};
    DatagramPeer peer{""};
};

TEST_F(Problem5DatagramPeer, SendsAMessageAgainUntilItIsAcknowledged) {
    peer.say("hi", now);
    expect_sent({"MSG 1 hi"});
    EXPECT_EQ(peer.next_deadline(), now + DatagramPeer::kFirstTimeout);
    pass(DatagramPeer::kFirstTimeout - kTick);
    expect_sent({});
    pass(kTick);
    expect_sent({"MSG 1 hi"});
    pass(2 * DatagramPeer::kFirstTimeout - kTick);
    expect_sent({});
    pass(kTick);
    expect_sent({"MSG 1 hi"});
    receive("ACK 1");
    pass(seconds(1));
    expect_sent({});
}

TEST_F(Problem5DatagramPeer, HearsEachMessageOnceAndInOrderAndAcknowledgesCopies) {
    receive("MSG 2 too early");
    expect_sent({});
    expect_no_event();
    receive("MSG 1 one");
    receive("MSG 1 one");
    receive("MSG 2 two");
    receive("MSG 1 one");
    expect_sent({"ACK 1", "ACK 1", "ACK 2", "ACK 1"});
    expect_event(Kind::message, "one");
    expect_event(Kind::message, "two");
    expect_no_event();
}

TEST_F(Problem5DatagramPeer, ALostAcknowledgementDoesNotDelayTheNextMessage) {
    peer.say("one", now);
    receive("MSG 1 reply");
    EXPECT_TRUE(peer.ready());
    peer.say("two", now);
    EXPECT_FALSE(peer.ready()) << "a third one waits until the first is acknowledged";
    expect_sent({"MSG 1 one", "MSG 2 two", "ACK 1"});  // the reply before what confirms
    receive("ACK 1");
    EXPECT_TRUE(peer.ready());
}

TEST_F(Problem5DatagramPeer, TheNameGoesAheadOfTheFirstMessageAndIsAcknowledgedBeforeTheSecond) {
    DatagramPeer ann("Ann");
    EXPECT_EQ(ann.take_outgoing(), Sent{});
    ann.say("one", now);
    EXPECT_EQ(ann.take_outgoing(), (Sent{"MSG 0 Ann", "MSG 1 one"}));
    ann.on_packet({Packet::Kind::ack, 1}, now);
    EXPECT_FALSE(ann.ready());
    ann.on_timer(now + DatagramPeer::kFirstTimeout);
    EXPECT_EQ(ann.take_outgoing(), Sent{"MSG 0 Ann"});
    ann.on_packet({Packet::Kind::ack, 0}, now);
    EXPECT_TRUE(ann.ready());
}

TEST_F(Problem5DatagramPeer, ANameIsAcknowledgedAndHeardOnce) {
    EXPECT_TRUE(peer.name_may_come());
    receive("MSG 1 hi");
    EXPECT_TRUE(peer.name_may_come());
    receive("MSG 0 Ann");
    receive("MSG 0 Ann");
    EXPECT_FALSE(peer.name_may_come());
    expect_sent({"ACK 1", "ACK 0", "ACK 0"});
    expect_event(Kind::message, "hi");
    expect_event(Kind::name, "Ann");
    expect_no_event();
}

TEST_F(Problem5DatagramPeer, NoNameComesAfterTheSecondMessage) {
    receive("MSG 1 hi");
    receive("MSG 2 hi");
    EXPECT_FALSE(peer.name_may_come());
}

TEST_F(Problem5DatagramPeer, ProbesSilence) {
    EXPECT_EQ(peer.next_deadline(), kNever) << "nobody was spoken to yet";
    begin();
    EXPECT_EQ(peer.next_deadline(), now + DatagramPeer::kProbeAfter);
    pass(DatagramPeer::kProbeAfter - kTick);
    expect_sent({});
    pass(kTick);
    expect_sent({"PING"});
    pass(DatagramPeer::kProbeEvery);
    expect_sent({"PING"});
    receive("PONG");
    pass(DatagramPeer::kProbeAfter - kTick);
    expect_sent({});
    receive("PING");
    expect_sent({"PONG"});
}

TEST_F(Problem5DatagramPeer, ReportsAPeerThatGivesNoSignOfLife) {
    begin();
    const TimePoint heard = now;
    while (now < heard + DatagramPeer::kGoneAfter - kTick) {
        pass(std::min<Duration>(peer.next_deadline() - now,
                                heard + DatagramPeer::kGoneAfter - kTick - now));
    }
    expect_no_event();
    EXPECT_EQ(peer.take_outgoing().size(), 14U);
    EXPECT_EQ(peer.next_deadline(), heard + DatagramPeer::kGoneAfter);
    pass(kTick);
    expect_event(Kind::lost, "no sign of life for 9 s");
    EXPECT_TRUE(peer.over());
    EXPECT_EQ(peer.next_deadline(), kNever);
}

TEST_F(Problem5DatagramPeer, AServerThatNeverAnswersIsLostAsWell) {
    peer.say("hi", now);
    const TimePoint begun = now;
    while (!peer.over()) pass(peer.next_deadline() - now);
    EXPECT_EQ(now, begun + DatagramPeer::kGoneAfter);
    expect_event(Kind::lost, "no sign of life for 9 s");
}

TEST_F(Problem5DatagramPeer, SaysGoodbyeFiveTimesAtMost) {
    begin();
    peer.goodbye(now);
    for (int i = 0; i < DatagramPeer::kMaxByes; ++i) {
        EXPECT_FALSE(peer.over());
        expect_sent({"BYE"});
        pass(DatagramPeer::kByeEvery - kTick);
        expect_sent({});
        pass(kTick);
    }
    EXPECT_TRUE(peer.over());
    expect_sent({});
    expect_no_event();
}

TEST_F(Problem5DatagramPeer, AGoodbyeIsOverWhenItIsAnswered) {
    begin();
    peer.goodbye(now);
    receive("BYE");
    EXPECT_TRUE(peer.over());
    expect_sent({"BYE"});
    expect_no_event();
}

TEST_F(Problem5DatagramPeer, AnswersAGoodbyeWithAGoodbye) {
    begin();
    receive("BYE");
    expect_sent({"BYE"});
    expect_event(Kind::left);
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5DatagramPeer, AGoodbyeWaitsForWhatWasSaidBeforeIt) {
    begin();
    peer.say("last words", now);
    peer.goodbye(now);
    expect_sent({"MSG 2 last words"});
    receive("ACK 2");
    pass(kTick);
    expect_sent({"BYE"});
}

TEST_F(Problem5DatagramPeer, ButNotForEver) {
    begin();
    peer.say("last words", now);
    peer.goodbye(now);
    const TimePoint left = now;
    while (!peer.over()) pass(peer.next_deadline() - now);
    EXPECT_LT(now - left, seconds(2));
    EXPECT_FALSE(peer.all_arrived());
    const Sent sent = peer.take_outgoing();
    EXPECT_EQ(std::ranges::count(sent, "BYE"), 5);
    EXPECT_EQ(std::ranges::count(sent, "MSG 2 last words"), 7) << "at 0, 150, 300 ... 900 ms";
}

TEST_F(Problem5DatagramPeer, WhoeverLeavesStillHearsWhatWasUnderWay) {
    begin();
    peer.goodbye(now);
    expect_sent({"BYE"});
    receive("MSG 0 Bob");
    receive("MSG 1 wait");
    expect_sent({"ACK 0", "ACK 1"});
    expect_event(Kind::name, "Bob");
    expect_event(Kind::message, "wait");
    EXPECT_FALSE(peer.over());
}

TEST_F(Problem5DatagramPeer, AGoodbyeIsAnsweredOnceAllThatWasSaidIsAcknowledged) {
    begin();
    peer.say("last words", now);
    expect_sent({"MSG 2 last words"});
    receive("BYE");
    expect_event(Kind::left);
    expect_sent({"MSG 2 last words"});
    receive("BYE");
    expect_sent({"MSG 2 last words"});
    receive("ACK 2");
    expect_sent({"BYE"});
    EXPECT_TRUE(peer.over());
    EXPECT_TRUE(peer.all_arrived());
}

TEST_F(Problem5DatagramPeer, AGoodbyeIsAnsweredAfterASecondAtTheLatest) {
    begin();
    peer.say("last words", now);
    receive("BYE");
    pass(DatagramPeer::kFlushTime - kTick);
    EXPECT_FALSE(peer.over());
    static_cast<void>(peer.take_outgoing());
    while (!peer.over()) pass(peer.next_deadline() - now);
    expect_sent({"BYE"});
    EXPECT_FALSE(peer.all_arrived());
}

TEST_F(Problem5DatagramPeer, TwoGoodbyesThatCrossAreBothOver) {
    DatagramPeer other("");
    const auto carry = [&](DatagramPeer& from, DatagramPeer& to) {
        for (const auto& one : from.take_outgoing()) to.on_packet(*Packet::parse(one), now);
    };
    peer.say("hi", now);
    carry(peer, other);
    carry(other, peer);
    other.say("hi", now);
    peer.goodbye(now);
    other.goodbye(now);
    for (int i = 0; i < 3; ++i) {
        carry(peer, other);
        carry(other, peer);
    }
    EXPECT_TRUE(peer.over() && peer.all_arrived());
    EXPECT_TRUE(other.over() && other.all_arrived());
    expect_event(Kind::message, "hi");
}

TEST_F(Problem5DatagramPeer, TakesNoLeaveOfSomebodyItNeverSpokeTo) {
    peer.goodbye(now);
    EXPECT_TRUE(peer.over());
    expect_sent({});
}

TEST_F(Problem5DatagramPeer, ABusyServerEndsOnlyWhatHasNotBegun) {
    peer.say("hi", now);
    receive("PING");  // asked for its proof, and then somebody else had it
    receive("BUSY");
    expect_event(Kind::busy);
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5DatagramPeer, ALateBusyDoesNoHarm) {
    peer.say("hi", now);
    receive("MSG 1 the ACK got lost");
    expect_event(Kind::message, "the ACK got lost");
    receive("BUSY");
    expect_no_event();
    EXPECT_FALSE(peer.over());
}

TEST_F(Problem5DatagramPeer, DoesNotAcknowledgeWhatNobodyTakes) {
    for (std::uint64_t n = 1; n <= 2 * DatagramPeer::kMaxEvents; ++n) {
        peer.on_packet({Packet::Kind::msg, n, "flood"}, now);
    }
    EXPECT_EQ(peer.take_outgoing().size(), DatagramPeer::kMaxEvents);
    expect_event(Kind::message, "flood");
    peer.on_packet({Packet::Kind::msg, DatagramPeer::kMaxEvents + 1, "flood"}, now);
    EXPECT_EQ(peer.take_outgoing().size(), 1U);
}

// A client that the server knows by nothing but a MSG 1.
class Problem5UnprovedPeer : public Problem5DatagramPeer {
  protected:
    Problem5UnprovedPeer() {
        receive_from_client("MSG 1 hi");
        EXPECT_EQ(client.take_outgoing(), Sent{"ACK 1"});
    }
    void receive_from_client(std::string_view datagram) {
        received += datagram.size();
        client.on_packet(*Packet::parse(datagram), now);
    }
    DatagramPeer client{"", false};
    std::size_t received = 0;
};

TEST_F(Problem5UnprovedPeer, IsSentAFirstReplyThatFitsAtOnce) {
    client.say("hi", now);
    EXPECT_EQ(client.take_outgoing(), Sent{"MSG 1 hi"});
    EXPECT_FALSE(client.proved());
    receive_from_client("ACK 1");
    EXPECT_TRUE(client.proved());
}

TEST_F(Problem5UnprovedPeer, IsAskedFirstWhereTheReplyDoesNotFit) {
    const std::string text(100, 'x');
    client.say(text, now);
    EXPECT_EQ(client.take_outgoing(), Sent{"PING"});
    EXPECT_FALSE(client.ready());
    client.on_timer(now += DatagramPeer::kProbeEvery);
    EXPECT_EQ(client.take_outgoing(), Sent{"PING"}) << "the first one may be lost";
    receive_from_client("PONG");
    EXPECT_EQ(client.take_outgoing(), Sent{"MSG 1 " + text});
    EXPECT_TRUE(client.ready());
}

TEST_F(Problem5UnprovedPeer, IsSentAtMostThreeTimesTheBytesThatCameFromItInAll) {
    client.say("a reply", now);
    std::size_t sent = std::string_view("ACK 1").size();
    while (!client.over()) {
        for (const auto& one : client.take_outgoing()) sent += one.size();
        client.on_timer(now = client.next_deadline());
    }
    EXPECT_LE(sent, 3 * received);
    EXPECT_GT(sent, 2 * received);
}

TEST_F(Problem5UnprovedPeer, AnAnswerThatNobodyAskedForProvesNothing) {
    for (const char* text : {"PONG", "ACK 1", "ACK 0", "MSG 2 hi", "PING"}) {
        receive_from_client(text);
        EXPECT_FALSE(client.proved()) << text;
    }
}

TEST_F(Problem5DatagramPeer, SaysGoodbyeWhenItAborts) {
    begin();
    peer.abort("recv: Cannot allocate memory");
    expect_sent({"BYE"});
    expect_event(Kind::lost, "recv: Cannot allocate memory");
    peer.abort("send: Connection refused");
    expect_sent({});
    expect_no_event();
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5DatagramPeer, RepeatsAGoodbyeThatCouldNotBeSent) {
    begin();
    peer.goodbye(now);
    expect_sent({"BYE"});
    peer.abort("send: No buffer space available");
    pass(DatagramPeer::kByeEvery);
    expect_sent({"BYE"});
    receive("BYE");
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5DatagramPeer, AbortsInSilenceIfNothingWasSaid) {
    peer.abort("recv: Connection refused");
    expect_sent({});
}

TEST_F(Problem5DatagramPeer, AFailureOfTheSocketIsALoss) {
    peer.say("hi", now);
    peer.fail("send 127.0.0.1:7502: Connection refused");
    expect_event(Kind::lost, "send 127.0.0.1:7502: Connection refused");
    EXPECT_TRUE(peer.over());
}

}  // namespace
}  // namespace netlab::problem5
