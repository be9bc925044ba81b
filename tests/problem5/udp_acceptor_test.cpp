// SPDX-License-Identifier: MIT
#include "problem5/udp_acceptor.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Sent = std::vector<std::string>;

constexpr Duration kJustBefore = milliseconds(1);

class Problem5UdpAcceptor : public ::testing::Test {
  protected:
    static Address address(std::uint16_t port) {
        return Address::resolve("127.0.0.1", port, SOCK_DGRAM).front();
    }
    // Returns what is answered to the sender; what goes to others is kept.
    Sent receive(const Address& from, std::string_view datagram) {
        acceptor.on_packet(from, *Packet::parse(datagram), now);
        return sent_to(from);
    }
    Sent sent_to(const Address& to) {
        for (auto& one : acceptor.take_outgoing()) sent.push_back(std::move(one));
        Sent mine;
        std::erase_if(sent, [&](const auto& one) {
            if (one.first == to) mine.push_back(one.second);
            return one.first == to;
        });
        return mine;
    }
    std::vector<PeerEvent> events() {
        std::vector<PeerEvent> all;
        while (auto event = acceptor.peer()->take_event()) all.push_back(*event);
        return all;
    }
    void pass(Duration time) { acceptor.on_timer(now += time); }
    // A dialogue with ann, who has proved her address, and that is over.
    void talk_and_part() {
        receive(ann, "MSG 1 hi");
        receive(ann, "BYE");
        ASSERT_TRUE(acceptor.peer()->over());
        acceptor.disconnect(now);
    }

    // As talk_and_part(), but ann's goodbye has not been heard.
    void talk_and_lose_her() {
        receive(ann, "MSG 1 hi");
        acceptor.peer()->fail("no sign of life");
        acceptor.disconnect(now);
    }

    UdpAcceptor acceptor{""};
    TimePoint now{seconds(1000)};
    const Address ann = address(1);
    const Address bob = address(2);
    UdpAcceptor::Outgoing sent;
};

TEST_F(Problem5UdpAcceptor, OnlyAFirstMessageOpensADialogue) {
    for (const char* text : {"MSG 0 Ann", "MSG 2 hi", "ACK 1", "BYE", "PING", "PONG", "BUSY"}) {
        EXPECT_EQ(receive(bob, text), Sent{}) << text;
        EXPECT_EQ(acceptor.peer(), nullptr) << text;
    }
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{"ACK 1"});
    EXPECT_EQ(acceptor.address(), ann);
    EXPECT_EQ(events(), (std::vector<PeerEvent>{{PeerEvent::Kind::message, "hi"}}));
    for (const char* text : {"MSG 0 Bob", "MSG 2 hi", "ACK 1", "BYE", "PING", "PONG", "BUSY"}) {
        EXPECT_EQ(receive(bob, text), Sent{}) << text;
    }
    EXPECT_EQ(events(), std::vector<PeerEvent>{});
}

TEST_F(Problem5UdpAcceptor, TheSecondOneIsToldBusy) {
    receive(ann, "MSG 1 hi");
    acceptor.peer()->say("hi", now);
    receive(ann, "ACK 1");
    EXPECT_EQ(receive(bob, "MSG 1 hi"), Sent{"BUSY"});
}

TEST_F(Problem5UdpAcceptor, RemembersANameThatComesBeforeTheFirstMessage) {
    receive(ann, "MSG 0 Ann");
    receive(bob, "MSG 0 Bob");
    receive(ann, "MSG 0 Anna");
    EXPECT_EQ(receive(ann, "MSG 1 hi"), (Sent{"ACK 0", "ACK 1"}));
    EXPECT_EQ(events(), (std::vector<PeerEvent>{{PeerEvent::Kind::name, "Anna"},
                                                {PeerEvent::Kind::message, "hi"}}));
}

TEST_F(Problem5UdpAcceptor, KeepsABoundedNumberOfNames) {
    for (std::uint16_t port = 1; port <= 1000; ++port) receive(address(port), "MSG 0 somebody");
    EXPECT_EQ(receive(address(1), "MSG 1 hi"), Sent{"ACK 1"});
}

TEST_F(Problem5UdpAcceptor, ALateCopyOfAFirstMessageOpensNothing) {
    talk_and_lose_her();
    pass(UdpAcceptor::kMaxCopyAge - kJustBefore);
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{});
    EXPECT_EQ(acceptor.peer(), nullptr);
    EXPECT_EQ(receive(ann, "MSG 1 hi again"), Sent{"ACK 1"}) << "that is no copy";
    receive(ann, "BYE");
    acceptor.disconnect(now);
    EXPECT_EQ(receive(bob, "MSG 1 hi"), Sent{"ACK 1"});
}

// She repeats nothing that was said before her goodbye.
TEST_F(Problem5UdpAcceptor, AfterAGoodbyeTheSameWordsSoonBeginADialogueAgain) {
    talk_and_part();
    pass(UdpAcceptor::kMaxTransit - kJustBefore);
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{}) << "a copy that was long under way";
    pass(kJustBefore);
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{"ACK 1"});
    EXPECT_EQ(events(), (std::vector<PeerEvent>{{PeerEvent::Kind::message, "hi"}}));
}

TEST_F(Problem5UdpAcceptor, ItIsForgottenAfterAWhile) {
    talk_and_lose_her();
    pass(UdpAcceptor::kMaxCopyAge);
    EXPECT_EQ(receive(ann, "BYE"), Sent{});
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{"ACK 1"});
}

TEST_F(Problem5UdpAcceptor, AnswersTheGoodbyeOfADialogueThatIsOver) {
    EXPECT_EQ(receive(ann, "BYE"), Sent{});
    talk_and_part();
    EXPECT_EQ(receive(ann, "BYE"), Sent{"BYE"});
    EXPECT_EQ(receive(bob, "BYE"), Sent{});
    receive(bob, "MSG 1 hi");
    EXPECT_EQ(receive(ann, "BYE"), Sent{"BYE"});
}

TEST_F(Problem5UdpAcceptor, AFirstMessageLongAfterItsCopiesIsAnotherClientWithTheSameAddress) {
    receive(ann, "MSG 1 hi");
    receive(ann, "MSG 2 hi");
    for (int i = 0; i < 2; ++i) {
        now += UdpAcceptor::kMaxCopyAge;
        EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{"ACK 1"}) << "no ACK may have come so far";
    }
    receive(ann, "MSG 3 hi");
    now += UdpAcceptor::kMaxCopyAge - kJustBefore;
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{"ACK 1"}) << "a late copy";
    acceptor.peer()->say("hi", now);
    receive(ann, "ACK 1");
    now += UdpAcceptor::kMaxCopyAge;
    EXPECT_EQ(receive(ann, "MSG 1 hi"), Sent{});
    ASSERT_TRUE(acceptor.peer()->over());
    EXPECT_EQ(events().back().kind, PeerEvent::Kind::lost);
    ASSERT_TRUE(acceptor.has_successor());
    acceptor.disconnect(now);
    EXPECT_EQ(sent_to(ann), Sent{"ACK 1"});
    EXPECT_EQ(events(), (std::vector<PeerEvent>{{PeerEvent::Kind::message, "hi"}}));
}

TEST_F(Problem5UdpAcceptor, ItProvesNothingAboutAnAddress) {
    for (const char* text : {"MSG 1 forged", "MSG 2 forged", "MSG 3 forged"}) receive(ann, text);
    now += UdpAcceptor::kMaxCopyAge;
    receive(ann, "MSG 1 forged");
    ASSERT_TRUE(acceptor.peer()->over());
    EXPECT_FALSE(acceptor.has_successor());
}

TEST_F(Problem5UdpAcceptor, AForgedFirstMessageDoesNotOccupyTheServer) {
    receive(ann, "MSG 1 forged");
    EXPECT_EQ(receive(bob, "MSG 1 hi"), Sent{});
    EXPECT_EQ(sent_to(ann), Sent{"PING"});
    pass(UdpAcceptor::kAskCandidatesAfter);
    EXPECT_EQ(sent_to(bob), Sent{"PING"});
    receive(bob, "PONG");
    pass(UdpAcceptor::kProofTimeout - UdpAcceptor::kAskCandidatesAfter - kJustBefore);
    EXPECT_FALSE(acceptor.peer()->over()) << "it may still answer";
    EXPECT_EQ(acceptor.next_deadline(), now + kJustBefore);
    pass(kJustBefore);
    EXPECT_TRUE(acceptor.peer()->over());
    EXPECT_TRUE(acceptor.has_successor());
    acceptor.disconnect(now);
    EXPECT_EQ(acceptor.address(), bob);
    EXPECT_EQ(sent_to(bob), Sent{"ACK 1"});
    EXPECT_TRUE(acceptor.peer()->proved());
    EXPECT_EQ(events(), (std::vector<PeerEvent>{{PeerEvent::Kind::message, "hi"}}));
}

TEST_F(Problem5UdpAcceptor, AnHonestOneKeepsItsPlaceAndTheOtherOneHearsBusy) {
    receive(ann, "MSG 1 hi");
    receive(bob, "MSG 1 hi");
    receive(ann, "PONG");
    EXPECT_EQ(sent_to(bob), Sent{"BUSY"}) << "once ann has answered, and nothing before it";
    receive(bob, "PONG");
    pass(2 * UdpAcceptor::kProofTimeout);
    EXPECT_FALSE(acceptor.peer()->over());
    EXPECT_EQ(acceptor.address(), ann);
}

TEST_F(Problem5UdpAcceptor, AForgedCandidateTakesNobodysPlace) {
    receive(ann, "MSG 1 hi");
    for (std::uint16_t port = 3; port < 1000; ++port) receive(address(port), "MSG 1 forged");
    receive(address(999), "PONG");  // before it was asked
    receive(bob, "PONG");           // never asked
    while (!acceptor.peer()->over()) {
        EXPECT_FALSE(acceptor.has_successor());
        acceptor.on_timer(now = acceptor.next_deadline());
    }
    EXPECT_EQ(events().back(), (PeerEvent{PeerEvent::Kind::lost, "no sign of life for 9 s"}));
}

TEST_F(Problem5UdpAcceptor, AFloodOfForgedCandidatesDoesNotKeepARealOneOut) {
    receive(ann, "MSG 1 forged");
    receive(bob, "MSG 1 hi");
    pass(UdpAcceptor::kAskCandidatesAfter);
    receive(bob, "PONG");
    for (std::uint16_t port = 3; port < 1000; ++port) receive(address(port), "MSG 1 forged");
    pass(UdpAcceptor::kProofTimeout);
    ASSERT_TRUE(acceptor.peer()->over());
    acceptor.disconnect(now);
    EXPECT_EQ(acceptor.address(), bob);
}

TEST_F(Problem5UdpAcceptor, ACandidateThatLeavesIsNotWaitedFor) {
    receive(ann, "MSG 1 forged");
    receive(bob, "MSG 1 hi");
    pass(UdpAcceptor::kAskCandidatesAfter);
    receive(bob, "PONG");
    receive(bob, "BYE");
    pass(UdpAcceptor::kProofTimeout);
    EXPECT_FALSE(acceptor.peer()->over());
}

}  // namespace
}  // namespace netlab::problem5
