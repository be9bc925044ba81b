// SPDX-License-Identifier: MIT
//
// The chat over UDP, with nc -u (a hand-made peer), on a bad network, and with strangers about.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/problem5/chat_support.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/udp_proxy.hpp"

namespace netlab::problem5 {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

class Problem5UdpChat : public ::testing::Test {
  protected:
    // Through `port` to `bob`, who has written its transcript to bob.
    void expect_the_dialogue_of_thirty_lines(Server& bob, std::uint16_t port) {
        bob.process().write(script("server"));
        const Finished ann =
            run(client("udp", port, {"--transcript", dir / "ann"}), script("client"), seconds(60));
        EXPECT_EQ(ann.code, 0) << ann.err;
        EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
        EXPECT_EQ(ann.out, script("server", "server: "));
        EXPECT_EQ(messages(bob.process()), script("client", "client: "));
        EXPECT_EQ(read_file(dir / "ann"), dialogue());
        EXPECT_EQ(read_file(dir / "bob"), dialogue());
        write_file(dir / "ann", "");
        write_file(dir / "bob", "");
    }

    TempDir dir;
};

TEST_F(Problem5UdpChat, TheDialogueIsTheSameThroughLossDuplicationAndReordering) {
    UdpProxyOptions options;
    options.to_server = {.loss = 0.15, .duplicate = 0.1, .reorder = 0.1};
    options.to_client = options.to_server;
    for (options.seed = 1; options.seed <= 3; ++options.seed) {
        Server bob = start_server("udp", {"--once", "--transcript", dir / "bob"});
        const UdpFaultProxy proxy(bob.port(), options);
        SCOPED_TRACE(proxy.describe());
        expect_the_dialogue_of_thirty_lines(bob, proxy.port());
    }
}

TEST_F(Problem5UdpChat, ALostMessageIsSentAgainAndACopyIsShownOnce) {
    Server bob = start_server("udp", {"--once", "--trace", "--impair", "drop=1"});
    bob.process().write("reply\n");
    const Finished ann =
        run(client("udp", bob.port(), {"--trace", "--impair", "drop=1"}), "hello\n");
    EXPECT_EQ(ann.code, 0) << ann.err;
    EXPECT_EQ(ann.out, "server: reply\n");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(messages(bob.process()), "client: hello\n");
    EXPECT_NE(ann.err.find("-> MSG 1 hello (dropped by --impair)\n"), std::string::npos) << ann.err;
    EXPECT_NE(ann.err.find("-> MSG 1 hello\n"), std::string::npos) << ann.err;
    EXPECT_NE(bob.process().err().find("-> ACK 1 (dropped by --impair)\n"), std::string::npos);
}

TEST_F(Problem5UdpChat, NcIsAClient) {
    Server bob = start_server("udp");
    RawUdp nc(bob.port());
    nc.send("MSG 1 hello\n");
    EXPECT_EQ(nc.receive(), "ACK 1");
    nc.send("MSG 1 hello\n");
    EXPECT_EQ(nc.receive(), "ACK 1") << "the copy of a message is acknowledged as well";
    nc.send("MSG 0 Ann");
    EXPECT_EQ(nc.receive(), "ACK 0");
    bob.process().write("hi nc\n");
    EXPECT_EQ(nc.receive(), "MSG 1 hi nc");
    EXPECT_EQ(nc.receive(), "MSG 1 hi nc") << "sent again until it is acknowledged";
    nc.send("ACK 1\n");
    nc.send("PING\n");
    while (nc.receive() != "PONG") continue;
    nc.send("MSG 3 too early");
    nc.send("MSG 2 in order");
    EXPECT_EQ(nc.receive(), "ACK 2");
    bob.process().wait_for_out("Ann: in order\n");
    EXPECT_EQ(messages(bob.process()), "client: hello\nAnn: in order\n");
    nc.send("BYE\n");
    EXPECT_EQ(nc.receive(), "BYE");
    bob.process().wait_for_err("Ann has left");
    nc.send("BYE\n");
    EXPECT_EQ(nc.receive(), "BYE") << "it may have missed the first answer";
}

TEST_F(Problem5UdpChat, StrangersOpenNothingWithAnythingButAFirstMessage) {
    Server bob = start_server("udp");
    RawUdp stranger(bob.port());
    for (const char* text : {"", "hello", "MSG 2 hi", "MSG 0 Eve", "ACK 1", "BYE", "PING", "PONG",
                             "BUSY", "MSG 1", "MSG 1 ", "MSG one hi"}) {
        stranger.send(text);
    }
    stranger.send(std::string(60'000, 'x'));
    const auto ann = start_client("udp", bob.port());
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    for (const char* text : {"MSG 2 forged", "ACK 1", "BYE", "PING"}) stranger.send(text);
    stranger.send("MSG 1 me too");
    EXPECT_EQ(stranger.receive(), "BUSY") << "and that is the only answer";
    bob.process().write("reply\n");
    ann->wait_for_out("server: reply\n");
    EXPECT_EQ(messages(bob.process()), "client: hello\n");
}

TEST_F(Problem5UdpChat, AMessageHasAtMost1000CharactersHoweverManyBytes) {
    Server bob = start_server("udp");
    const auto ann = start_client("udp", bob.port());
    ann->write(repeat("x", 1001) + "\n");
    ann->wait_for_err("not sent: it has 1001 characters, and a datagram takes at most 1000");
    ann->write(repeat("\xc3\xa4", 1001) + "\n");
    ann->wait_for_err(matching("(1001 characters(.|\n)*){2}"));
    ann->write(repeat("\xc3\xa4", 1000) + "\n");
    bob.process().wait_for_out("client: " + repeat("\xc3\xa4", 1000) + "\n");
    EXPECT_EQ(messages(bob.process()), "client: " + repeat("\xc3\xa4", 1000) + "\n");
}

// What was said goes for a second, and five goodbyes take 0.75 s; on a machine that does other
// work, more.
constexpr Duration kGoodbyes = seconds(5);

TEST_F(Problem5UdpChat, LeavesSoonAlsoWhereNobodyAnswers) {
    Server bob = start_server("udp", {"--trace"});
    UdpFaultProxy proxy(bob.port());
    const auto ann = start_client("udp", proxy.port());
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    proxy.black_hole(true);
    bob.process().write("never arrives\n");
    bob.process().wait_for_err("-> MSG 1 never arrives");
    ann->write("/quit\n");
    bob.process().send_signal(SIGTERM);
    EXPECT_EQ(ann->wait(kGoodbyes).code, 0) << ann->err();
    EXPECT_EQ(bob.process().wait(kGoodbyes).code, 0) << bob.process().err();
}

}  // namespace
}  // namespace netlab::problem5
