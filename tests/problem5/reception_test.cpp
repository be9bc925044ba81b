// SPDX-License-Identifier: MIT
#include "problem5/reception.hpp"

#include <gtest/gtest.h>

namespace netlab::problem5 {
namespace {

using Verdict = Reception::Verdict;

class Problem5Reception : public ::testing::Test {
  protected:
    static Address address(std::uint16_t port) {
        return Address::resolve("127.0.0.1", port, SOCK_DGRAM).front();
    }
    Verdict judge(const Address& from, std::string_view datagram, bool engaged = false) {
        return reception.judge(from, *Packet::parse(datagram), engaged, now);
    }

    Reception reception;
    TimePoint now{seconds(1000)};
    const Address ann = address(1);
    const Address bob = address(2);
};

TEST_F(Problem5Reception, OnlyAFirstMessageOpensADialogue) {
    for (const char* text : {"MSG 0 Ann", "MSG 2 hi", "ACK 1", "BYE", "PING", "PONG", "BUSY"}) {
        EXPECT_EQ(judge(ann, text), Verdict::ignore) << text;
        EXPECT_EQ(judge(ann, text, true), Verdict::ignore) << text;
    }
    EXPECT_EQ(judge(ann, "MSG 1 hi"), Verdict::open);
}

TEST_F(Problem5Reception, TheSecondOneIsToldBusy) {
    EXPECT_EQ(judge(bob, "MSG 1 hi", true), Verdict::answer_busy);
}

TEST_F(Problem5Reception, KeepsANameThatComesAheadInMind) {
    EXPECT_EQ(judge(ann, "MSG 0 Ann"), Verdict::ignore);
    EXPECT_EQ(judge(bob, "MSG 0 Bob"), Verdict::ignore);
    EXPECT_EQ(judge(ann, "MSG 0 Anna"), Verdict::ignore);
    EXPECT_EQ(reception.take_name(ann), "Anna");
    EXPECT_EQ(reception.take_name(ann), "");
    EXPECT_EQ(reception.take_name(bob), "Bob");
}

TEST_F(Problem5Reception, KeepsABoundedNumberOfNames) {
    for (std::uint16_t port = 1; port <= 1000; ++port) {
        static_cast<void>(judge(address(port), "MSG 0 somebody"));
    }
    EXPECT_EQ(reception.take_name(address(1)), "");
    EXPECT_EQ(reception.take_name(address(1000)), "somebody");
}

TEST_F(Problem5Reception, ALateCopyOfAFirstMessageOpensNothing) {
    reception.remember(ann, "hi", now);
    EXPECT_EQ(judge(ann, "MSG 1 hi"), Verdict::ignore);
    EXPECT_EQ(judge(ann, "MSG 1 hi again"), Verdict::open) << "that is no copy";
    EXPECT_EQ(judge(bob, "MSG 1 hi"), Verdict::open);
    now += Reception::kEchoes - milliseconds(1);
    EXPECT_EQ(judge(ann, "MSG 1 hi"), Verdict::ignore);
    now += milliseconds(1);
    EXPECT_EQ(judge(ann, "MSG 1 hi"), Verdict::open);
}

TEST_F(Problem5Reception, AnswersTheGoodbyeOfADialogueThatIsOver) {
    EXPECT_EQ(judge(ann, "BYE"), Verdict::ignore);
    reception.remember(ann, "hi", now);
    EXPECT_EQ(judge(ann, "BYE"), Verdict::answer_goodbye);
    EXPECT_EQ(judge(ann, "BYE", true), Verdict::answer_goodbye);
    EXPECT_EQ(judge(bob, "BYE"), Verdict::ignore);
    now += Reception::kEchoes;
    EXPECT_EQ(judge(ann, "BYE"), Verdict::ignore);
}

}  // namespace
}  // namespace netlab::problem5
