// SPDX-License-Identifier: MIT
//
// The chat at the terminal, as two people see it.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/problem5/chat_support.hpp"

namespace netlab::problem5 {
namespace {

class Problem5Terminal : public ::testing::TestWithParam<const char*> {
  protected:
    Server bob = start_server(GetParam(), {"--name", "Bob"}, Input::kTerminal);
    std::unique_ptr<Subprocess> ann =
        start_client(GetParam(), bob.port(), {"--name", "Ann"}, Input::kTerminal);

    void begin() {
        ann->wait_for_out("[your turn] ");
        ann->write("hello\r");
        bob.process().wait_for_out("Ann: hello\r\n");
        bob.process().wait_for_out("[your turn] ");
    }
};

INSTANTIATE_TEST_SUITE_P(Over, Problem5Terminal, ::testing::Values("tcp", "udp"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(Problem5Terminal, TheScreenAlwaysSaysWhoseTurnItIs) {
    bob.process().wait_for_out("[no client yet] ");
    begin();
    ann->wait_for_out("'s turn] ");
    bob.process().write("hi Ann\r");
    const std::size_t reply = ann->wait_for_out("Bob: hi Ann\r\n").end;
    ann->wait_for_out("[your turn] ", kPatience, reply);
    bob.process().wait_for_out("[Ann's turn] ");
    ann->write("bye\r");
    ann->wait_for_out("[Bob's turn] ", kPatience, reply);
}

TEST_P(Problem5Terminal, ALineTypedEarlyWaitsAndIsToldWhenItGoes) {
    begin();
    ann->write("early\r");
    ann->wait_for_out("not your turn yet: 1 line waits");
    bob.process().write("hi Ann\r");
    const std::size_t reply = ann->wait_for_out("Bob: hi Ann\r\n").end;
    ann->wait_for_out("sent: early", kPatience, reply);
    bob.process().wait_for_out("Ann: early\r\n");
}

TEST_P(Problem5Terminal, AMessageAppearsAboveTheLineThatIsBeingTyped) {
    begin();
    ann->write("half ");
    ann->wait_for_out("half ");
    bob.process().write("hi Ann\r");
    const std::size_t reply = ann->wait_for_out("Bob: hi Ann\r\n").end;
    ann->wait_for_out("[your turn] half ", kPatience, reply);
    ann->write("and half\r");
    bob.process().wait_for_out("Ann: half and half\r\n");
}

TEST_P(Problem5Terminal, AnUnknownCommandIsAnErrorAndTwoSlashesAreOne) {
    begin();
    bob.process().write("/help\r");
    bob.process().wait_for_out("* Enter sends a line in your turn; /quit says goodbye");
    bob.process().write("/dance\r");
    bob.process().wait_for_out("not a command: /dance: //dance sends it as a message, /help ");
    bob.process().write("//dance\r");
    ann->wait_for_out("Bob: /dance\r\n");
}

TEST_P(Problem5Terminal, LeavingIsNoticedWithinASecondWhileTheOtherOneTypes) {
    begin();
    bob.process().write("half a li");
    bob.process().wait_for_out("half a li");
    ann->write("/quit\r");
    const std::size_t left = bob.process().wait_for_out("Ann has left", seconds(1)).end;
    bob.process().wait_for_out("[no client yet] half a li", kPatience, left);
    EXPECT_EQ(ann->wait().code, 0) << ann->out();
}

TEST_P(Problem5Terminal, CtrlDSaysGoodbyeAtEitherEnd) {
    begin();
    ann->close_stdin();
    EXPECT_EQ(ann->wait().code, 0) << ann->out();
    bob.process().wait_for_out("Ann has left");

    ann = start_client(GetParam(), bob.port(), {"--name", "Eve"}, Input::kTerminal);
    ann->write("hello again\r");
    bob.process().wait_for_out("Eve: hello again\r\n");
    bob.process().close_stdin();
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().out();
    EXPECT_EQ(ann->wait().code, 0) << ann->out();
    EXPECT_NE(ann->out().find("has left"), std::string::npos) << ann->out();
}

TEST_P(Problem5Terminal, CtrlCEndsBothSides) {
    begin();
    ann->write("\x03");
    EXPECT_EQ(ann->wait().code, 130) << ann->out();
    bob.process().wait_for_out("Ann has left", seconds(1));
    bob.process().write("\x03");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().out();
}

TEST_P(Problem5Terminal, QuitTellsWhatWasNotSent) {
    begin();
    ann->write("early\r");
    ann->wait_for_out("1 line waits");
    ann->write("/quit\r");
    EXPECT_EQ(ann->wait().code, 0) << ann->out();
    EXPECT_NE(ann->out().find("1 line was not sent"), std::string::npos) << ann->out();
    EXPECT_EQ(bob.stop().code, 0);
    EXPECT_EQ(bob.process().out().find("early"), std::string::npos) << bob.process().out();
}

TEST_P(Problem5Terminal, TheTraceDoesNotTearTheLineThatIsBeingTyped) {
    Server eve = start_server(GetParam(), {"--trace"}, Input::kTerminal);
    eve.process().write("half");
    eve.process().wait_for_out("[no client yet] half");
    const auto client = start_client(GetParam(), eve.port());
    client->write("hello\n");
    const std::size_t traced = eve.process().wait_for_out(matching("<- .*hello")).end;
    eve.process().wait_for_out("[your turn] half", kPatience, traced);
}

}  // namespace
}  // namespace netlab::problem5
