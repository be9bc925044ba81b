// SPDX-License-Identifier: MIT
// The server of problem 2 and what clients, files and users do to it.

#include "tests/problem2/server_fixture.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem2 {
namespace {

using namespace netlab::testing;
namespace fs = std::filesystem;

TEST_F(Problem2Server, RefusesALineThatIsTooLongAndHangsUp) {
    Server server("problem2/server", options());
    RawTcp peer(server.port());
    peer.send("GET notes.txt\n" + std::string(1'000'000, 'n') + "\nGET notes.txt\n");
    peer.half_close();
    EXPECT_EQ(peer.read_to_end(), std::string("OK 25\n") + kNotes + "ERROR line too long\n");
}

TEST_F(Problem2Server, EndsTheConnectionWhenTheFileShrinks) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "10ms"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    std::string got = peer.read_exact(1000);
    fs::resize_file(root_ / "long.bin", 5000);
    got += peer.read_to_end();
    EXPECT_NO_THROW(server.process().wait_for_err("the file has shrunk"));
    EXPECT_LT(got.size(), long_.size());
    EXPECT_TRUE(same_bytes(got, long_.substr(0, got.size())));

    RawTcp next(server.port());
    next.send("GET notes.txt\nQUIT\n");
    EXPECT_EQ(next.read_to_end(), std::string("OK 25\n") + kNotes);
}

TEST_F(Problem2Server, SendsNoMoreThanItAnnouncedWhenTheFileGrows) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "1ms"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\nQUIT\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    fs::resize_file(root_ / "long.bin", 400'000);
    EXPECT_TRUE(same_bytes(peer.read_to_end(), long_));
}

TEST_F(Problem2Server, DropsAClientThatStopsReading) {
    fs::resize_file(root_ / "empty", 256 * 1024 * 1024);
    Server server("problem2/server", options({"--idle-timeout", "200ms"}));
    RawTcp peer(server.port());
    peer.send("GET empty\n");
    EXPECT_NO_THROW(server.process().wait_for_err("the peer does not read"));
}

TEST_F(Problem2Server, DropsASilentClientAndOneThatNeverEndsItsLine) {
    Server server("problem2/server", options({"--idle-timeout", "200ms"}));
    RawTcp silent(server.port());
    EXPECT_EQ(silent.read_to_end(), "");
    RawTcp trickling(server.port());
    trickling.send("GET no");
    EXPECT_NO_THROW(server.process().wait_for_err("a line was begun and not ended"));
    EXPECT_NO_THROW(server.process().wait_for_err("silent too long"));
}

TEST_F(Problem2Server, SurvivesAClientThatResetsTheConnection) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "10ms"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    peer.reset();
    EXPECT_NO_THROW(server.process().wait_for_err("GET long.bin: ended after"));
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Problem2Server, NoticesInALongPauseThatTheClientIsGone) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "600s"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    peer.read_exact(1000);
    peer.reset();
    EXPECT_NO_THROW(server.process().wait_for_err("the client is gone"));
}

TEST_F(Problem2Server, StopsAtOnceEvenInALongPause) {
    Server server("problem2/server", options({"--write-size", "1000", "--pause", "600s"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    peer.read_exact(1000);
    EXPECT_EQ(server.stop(seconds(2)).code, 0);
}

TEST_F(Problem2Server, RefusesOneClientTooMany) {
    Server server("problem2/server", options({"--max-clients", "1"}));
    RawTcp first(server.port());
    first.send("GET notes.txt\n");
    EXPECT_EQ(first.read_line(), "OK 25");
    RawTcp second(server.port());
    EXPECT_EQ(second.read_to_end(), "ERROR server is full\n");
}

TEST_F(Problem2Server, ExitsWithTheOutcomeOfItsOneSession) {
    {
        Server server("problem2/server", options({"--once"}));
        RawTcp peer(server.port());
        peer.send("GET notes.txt\nQUIT\n");
        EXPECT_EQ(peer.read_to_end(), std::string("OK 25\n") + kNotes);
        peer.close();
        EXPECT_EQ(server.process().wait().code, 0);
    }
    Server server("problem2/server", options({"--once", "--write-size", "10", "--pause", "5ms"}));
    RawTcp peer(server.port());
    peer.send("GET long.bin\n");
    EXPECT_EQ(peer.read_line(), "OK 300000");
    peer.reset();
    EXPECT_EQ(server.process().wait().code, 1);
}

TEST_F(Problem2Server, WaitsForEverWithAnIdleTimeoutOf0) {
    Server server("problem2/server", options({"--idle-timeout", "0"}));
    RawTcp peer(server.port());
    server.process().wait_for_err("connected\n");
    peer.send("GET empty\n");
    EXPECT_EQ(peer.read_line(), "OK 0");
    EXPECT_EQ(server.stop().code, 0);
}

TEST_F(Problem2Server, RefusesABadCommandLine) {
    for (const Argv& bad : {Argv{"--root"},
                            {"--write-size", "0"},
                            {"--pause", "1h"},
                            {"--max-clients", "0"},
                            {"-p", "65536"},
                            {"-p", ""},
                            {"file"}}) {
        Argv argv{program("problem2/server")};
        argv.insert(argv.end(), bad.begin(), bad.end());
        const Finished done = run(argv);
        EXPECT_EQ(done.code, 2) << bad.back();
        EXPECT_NE(done.err.find("usage: server"), std::string::npos) << done.err;
    }
    EXPECT_EQ(run({program("problem2/server"), "-p", "0", "--root", root_ / "missing"}).code, 1);
}

}  // namespace
}  // namespace netlab::problem2
