// SPDX-License-Identifier: MIT
#include "problem5/datagram_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/impairment.hpp"
#include "common/io.hpp"

namespace netlab::problem5 {
namespace {

using Kind = PeerEvent::Kind;
using Sent = std::vector<std::string>;

constexpr Duration kTick = milliseconds(1);

class Problem5DatagramPeer : public ::testing::Test {
  protected:
    void receive(std::string_view datagram) { peer.receive(*Packet::parse(datagram), now); }
    void expect_sent(const Sent& expected) { EXPECT_EQ(peer.take_outgoing(), expected); }
    void expect_event(Kind kind, const std::string& text = "") {
        EXPECT_EQ(peer.take_event(), (PeerEvent{kind, text}));
    }
    void expect_no_event() { EXPECT_EQ(peer.take_event(), std::nullopt); }
    void pass(Duration time) {
        now += time;
        peer.tick(now);
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
    expect_sent({"MSG 1 one", "ACK 1", "MSG 2 two"});
    receive("ACK 1");
    EXPECT_TRUE(peer.ready());
}

TEST_F(Problem5DatagramPeer, TheNameGoesAheadOfTheFirstMessageAndIsAcknowledgedBeforeTheSecond) {
    DatagramPeer ann("Ann");
    EXPECT_EQ(ann.take_outgoing(), Sent{});
    ann.say("one", now);
    EXPECT_EQ(ann.take_outgoing(), (Sent{"MSG 0 Ann", "MSG 1 one"}));
    ann.receive({Packet::Kind::ack, 1}, now);
    EXPECT_FALSE(ann.ready());
    ann.tick(now + DatagramPeer::kFirstTimeout);
    EXPECT_EQ(ann.take_outgoing(), Sent{"MSG 0 Ann"});
    ann.receive({Packet::Kind::ack, 0}, now);
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
    for (int i = 0; i < DatagramPeer::kMostByes; ++i) {
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
    const Sent sent = peer.take_outgoing();
    EXPECT_EQ(std::ranges::count(sent, "BYE"), 5);
    EXPECT_GT(std::ranges::count(sent, "MSG 2 last words"), 2);
}

TEST_F(Problem5DatagramPeer, TakesNoLeaveOfSomebodyItNeverSpokeTo) {
    peer.goodbye(now);
    EXPECT_TRUE(peer.over());
    expect_sent({});
}

TEST_F(Problem5DatagramPeer, ABusyServerEndsOnlyWhatHasNotBegun) {
    peer.say("hi", now);
    receive("BUSY");
    expect_event(Kind::busy);
    EXPECT_TRUE(peer.over());
}

TEST_F(Problem5DatagramPeer, ALateBusyDoesNoHarm) {
    begin();
    receive("BUSY");
    expect_no_event();
    EXPECT_FALSE(peer.over());
}

TEST_F(Problem5DatagramPeer, DoesNotAcknowledgeWhatNobodyTakes) {
    for (std::uint64_t n = 1; n <= 2 * DatagramPeer::kMostEvents; ++n) {
        peer.receive({Packet::Kind::msg, n, "flood"}, now);
    }
    EXPECT_EQ(peer.take_outgoing().size(), DatagramPeer::kMostEvents);
    expect_event(Kind::message, "flood");
    peer.receive({Packet::Kind::msg, DatagramPeer::kMostEvents + 1, "flood"}, now);
    EXPECT_EQ(peer.take_outgoing().size(), 1U);
}

TEST_F(Problem5DatagramPeer, AFailureOfTheSocketIsALoss) {
    peer.say("hi", now);
    peer.fail("send 127.0.0.1:7502: Connection refused");
    expect_event(Kind::lost, "send 127.0.0.1:7502: Connection refused");
    EXPECT_TRUE(peer.over());
}

// Two peers and a bad network between them, in simulated time.
class BadNetwork {
  public:
    explicit BadNetwork(std::uint64_t seed) : lanes_{lane(seed), lane(seed + 1000)} {}

    void carry(DatagramPeer& from, DatagramPeer& to, std::size_t lane, TimePoint now) {
        for (const std::string& datagram : from.take_outgoing()) {
            static_cast<void>(lanes_[lane].submit(as_bytes(datagram), 0, now));
        }
        for (const auto& message : lanes_[lane].take_due(now)) {
            const auto packet = Packet::parse(as_text(message));
            if (packet) to.receive(*packet, now);
        }
    }

  private:
    static Impairment lane(std::uint64_t seed) {
        ImpairmentSpec spec =
            ImpairmentSpec::parse("loss=15%,duplicate=10%,reorder=10%,delay=5ms,jitter=4ms");
        spec.seed = seed;
        return Impairment(spec);
    }
    Impairment lanes_[2];
};

// One who says the next number when he has heard one.
struct Speaker {
    DatagramPeer peer;
    std::optional<std::uint64_t> to_say{};

    // Returns what has been heard.
    std::optional<std::uint64_t> go_on(TimePoint now) {
        if (to_say && peer.ready()) {
            peer.say(std::to_string(*to_say), now);
            to_say.reset();
        }
        const auto event = peer.take_event();
        if (!event || event->kind != Kind::message) return std::nullopt;
        const std::uint64_t number = std::stoull(event->text);
        to_say = number + 1;
        return number;
    }
};

TEST(Problem5DatagramPeers, HoldADialogueThroughLossDuplicationAndReordering) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        BadNetwork network(seed);
        Speaker client{.peer = DatagramPeer("Ann"), .to_say = 1};
        Speaker server{.peer = DatagramPeer("Bob")};
        TimePoint now{seconds(1000)};
        const TimePoint end = now + seconds(120);
        std::uint64_t heard = 0;
        for (; heard < 60 && now < end; now += kTick) {
            client.peer.tick(now);
            server.peer.tick(now);
            network.carry(client.peer, server.peer, 0, now);
            network.carry(server.peer, client.peer, 1, now);
            for (Speaker* speaker : {&client, &server}) {
                const auto number = speaker->go_on(now);
                if (number) {
                    EXPECT_EQ(*number, ++heard);
                }
            }
        }
        EXPECT_EQ(heard, 60U) << "not in two minutes";
    }
}

}  // namespace
}  // namespace netlab::problem5
