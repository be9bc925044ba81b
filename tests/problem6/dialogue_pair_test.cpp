// SPDX-License-Identifier: MIT
//
// Dialogues between one operator and many clients: server and client as they are run by hand, and
// clients that speak the protocol as nc(1) would.
#include <gtest/gtest.h>
#include <signal.h>

#include <deque>

#include "common/file_descriptor.hpp"
#include "tests/problem6/client_command.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem6 {
namespace {

using namespace netlab::testing;

constexpr const char* kServer = "problem6/server";

Server with_operator(const Argv& args = {}) {
    return Server(kServer, args, {.input = Input::kPipe});
}

// The next line that is a reply: notices are for the eye.
std::string read_reply(RawTcp& peer) {
    while (true) {
        std::string line = peer.read_line();
        if (!line.starts_with("* ")) return line;
    }
}

TEST(Problem6Dialogue, AnswersEachMessageBeforeTheNext) {
    Server server(kServer, {"--auto-reply", "echo: %s"});
    const Finished finished = run(client(server.port(), {"--name", "alice"}), "one\ntwo\n//3\n");
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.out, "server: echo: one\nserver: echo: two\nserver: echo: /3\n");
    server.process().wait_for_err("* 1 alice left\n");
    EXPECT_TRUE(server.process().out().ends_with("[1 alice] one\n[1 alice] two\n[1 alice] /3\n"));
}

TEST(Problem6Dialogue, ALineThatIsTooLongIsLeftOutOfAScriptAtBothEnds) {
    const std::string script = "one\n" + std::string(200'000, 'x') + "\ntwo\n";
    const std::string refusal = "not sent: a message has at most 65536 bytes\n";
    Server server = with_operator();
    Subprocess speaker(client(server.port()), {.input = Input::kPipe});
    speaker.write(script);
    speaker.wait_for_err("client: " + refusal);
    server.process().write(script);
    speaker.wait_for_out("server: one\nserver: two\n");
    server.process().wait_for_err(refusal);
}

TEST(Problem6Dialogue, OperatorAnswersTheOldestFirstAndOthersByNumberOrName) {
    Server server = with_operator();
    RawTcp first(server.port());
    first.send("I am first\n");
    server.process().wait_for_out("[1 guest1] I am first\n");
    RawTcp second(server.port());
    second.send("/nick bob\nI am bob\n");
    server.process().wait_for_out("[2 bob] I am bob\n");
    RawTcp third(server.port());
    third.send("I am third\n");
    server.process().wait_for_out("[3 guest3] I am third\n");

    server.process().write("@bob hello bob\n@3 hello three\nhello first\n");
    EXPECT_EQ(first.read_line(), "hello first");
    EXPECT_EQ(second.read_line(), "hello bob");
    EXPECT_EQ(third.read_line(), "hello three");
}

TEST(Problem6Dialogue, OperatorsScriptWaitsForItsClients) {
    Server server = with_operator();
    server.process().write("welcome\n@bob for bob\n@1 again\n");
    server.process().close_stdin();
    RawTcp first(server.port());
    first.send("hello\nmore\n");
    EXPECT_EQ(read_reply(first), "welcome");
    server.process().wait_for_out("[1 guest1] more\n");
    RawTcp bob(server.port());
    bob.send("/nick bob\nhello\n");
    EXPECT_EQ(bob.read_line(), "for bob");
    EXPECT_EQ(read_reply(first), "again");
    EXPECT_EQ(server.stop().code, 0);  // the end of its input has not stopped it
}

TEST(Problem6Dialogue, AnEarlyLineWaitsAndANoticeSaysSo) {
    Server server = with_operator();
    RawTcp peer(server.port());
    peer.send("one\ntwo\nthree\n");
    EXPECT_EQ(peer.read_line(), "* the reply comes first: your next line waits for it");
    server.process().wait_for_out("[1 guest1] one\n");
    EXPECT_EQ(server.process().out().find("two"), std::string::npos);
    server.process().write("reply one\n");
    EXPECT_EQ(peer.read_line(), "reply one");
    server.process().wait_for_out("[1 guest1] two\n");
}

TEST(Problem6Dialogue, AHalfClosedPeerStillGetsItsReplies) {
    Server server = with_operator();
    RawTcp peer(server.port());
    peer.send("one\ntwo");
    peer.half_close();
    server.process().wait_for_out("[1 guest1] one\n");
    server.process().write("reply one\nreply two\n");
    EXPECT_EQ(read_reply(peer), "reply one");
    EXPECT_EQ(read_reply(peer), "reply two");
    EXPECT_EQ(peer.read_to_end(), "");
}

TEST(Problem6Dialogue, AKilledClientLeavesTheQueueThoughItWaitsForAReply) {
    Server server = with_operator();
    {
        Subprocess victim(client(server.port(), {"--name", "victim"}), {.input = Input::kPipe});
        victim.write("hello\n");
        server.process().wait_for_out("[1 victim] hello\n");
        victim.send_signal(SIGKILL);
    }
    server.process().wait_for_err("* 1 victim left", seconds(2));
    RawTcp next(server.port());
    next.send("hello\n");
    server.process().wait_for_out("[2 guest2] hello\n");
    server.process().write("for the next\n");
    EXPECT_EQ(next.read_line(), "for the next");
}

TEST(Problem6Dialogue, ANoticeReachesAllAndAKickOne) {
    Server server = with_operator();
    RawTcp one(server.port());
    RawTcp two(server.port());
    one.send("/nick one\n");
    two.send("/nick two\n");
    server.process().wait_for_err("one joined");
    server.process().wait_for_err("two joined");
    server.process().write("/all soon closed\n/list\n/kick two\n");
    EXPECT_EQ(one.read_line(), "* soon closed");
    EXPECT_EQ(two.read_line(), "* soon closed");
    EXPECT_EQ(two.read_to_end(), "ERROR kicked by the operator\n");
    server.process().wait_for_err("2 clients\n");
    server.process().wait_for_err("two was kicked\n");
}

TEST(Problem6Dialogue, QuitOfTheOperatorEndsServerAndClients) {
    Server server = with_operator();
    Subprocess alice(client(server.port(), {"--name", "alice"}), {.input = Input::kPipe});
    server.process().wait_for_err("alice joined");
    server.process().write("/quit\n");
    EXPECT_EQ(server.process().wait().code, 0);
    EXPECT_EQ(alice.wait().code, 0);
    EXPECT_EQ(alice.err(), "* server closing\n");
    EXPECT_EQ(alice.out(), "");
}

TEST(Problem6Dialogue, KeepsATranscriptOfBothSides) {
    TempDir dir;
    Server server(kServer, {"--auto-reply", "re: %s", "--transcript", dir / "log"});
    EXPECT_EQ(run(client(server.port(), {"--name", "al"}), "a\nb\n").code, 0);
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_EQ(read_file(dir / "log"),
              "[1 al] a\n[server to 1 al] re: a\n[1 al] b\n[server to 1 al] re: b\n");
}

// The clients say all they have to say at once; the script answers each by name, round by round.
TEST(Problem6Dialogue, AThousandClientsGetTheirOwnReplies) {
    const int clients = sanitized() ? 150 : 1000;
    raise_descriptor_limit();
    Server server(kServer, {"-q"}, {.input = Input::kPipe});
    std::deque<RawTcp> peers;
    for (int i = 0; i < clients; ++i) {
        const std::string name = "c" + std::to_string(i);
        peers.emplace_back(server.port()).send("/nick " + name + "\none\ntwo\nthree\n");
    }
    std::string script;
    for (const char* round : {"first", "second", "third"}) {
        for (int i = 0; i < clients; ++i) {
            const std::string name = "c" + std::to_string(i);
            script += "@" + name + " " + round + " for " + name + "\n";
        }
    }
    server.process().write(script, seconds(60));
    for (int i = 0; i < clients; ++i) {
        const std::string name = "c" + std::to_string(i);
        for (const std::string round : {"first", "second", "third"}) {
            ASSERT_EQ(read_reply(peers[static_cast<std::size_t>(i)]), round + " for " + name);
        }
    }
}

// Replies that come at any moment, also while a client's thread is about to go to sleep.
TEST(Problem6Dialogue, NoTurnIsLostInALongDialogue) {
    constexpr int kRounds = 3000;
    Server server(kServer, {"-q"}, {.input = Input::kPipe});
    std::deque<RawTcp> peers;
    std::string lines;
    std::string script;
    for (int round = 0; round < kRounds; ++round) {
        lines += "a line\n";
        script += "@a reply\n@b reply\n";
    }
    for (const std::string name : {"a", "b"}) {
        peers.emplace_back(server.port()).send("/nick " + name + "\n" + lines);
    }
    server.process().write(script, seconds(60));
    for (RawTcp& peer : peers) {
        for (int round = 0; round < kRounds; ++round) ASSERT_EQ(read_reply(peer), "reply") << round;
    }
}

TEST(Problem6Dialogue, TellsAThousandClientsThatItCloses) {
    const std::size_t clients = sanitized() ? 150 : 1000;
    raise_descriptor_limit();
    Server server(kServer);
    std::deque<RawTcp> peers;
    for (std::size_t i = 0; i < clients; ++i) peers.emplace_back(server.port());
    // All are known once each has had an answer.
    for (RawTcp& peer : peers) peer.send("/who\n");
    for (RawTcp& peer : peers) EXPECT_NE(peer.read_line().find("in a dialogue"), std::string::npos);

    const TimePoint start = Clock::now();
    EXPECT_EQ(server.stop().code, 0);
    // Within 2 s, says the contract; and as much again on a machine that does other work.
    EXPECT_LT(Clock::now() - start, seconds(4) * slowdown());
    for (RawTcp& peer : peers) ASSERT_EQ(peer.read_to_end(), "* server closing\n");
}

}  // namespace
}  // namespace netlab::problem6
