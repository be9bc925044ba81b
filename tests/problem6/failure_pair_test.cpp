// SPDX-License-Identifier: MIT
//
// What goes wrong: peers that misbehave or die, commands mistyped. It costs the one who did it, and
// nobody else.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem6 {
namespace {

using namespace netlab::testing;

Argv client(std::uint16_t port, const Argv& args = {}) {
    Argv argv{program("problem6/client"), "-p", std::to_string(port)};
    argv.insert(argv.end(), args.begin(), args.end());
    return argv;
}

Server echo(Argv args = {}) {
    args.insert(args.end(), {"--auto-reply", "%s"});
    return Server("problem6/server", args);
}

void expect_alive(Server& server) {
    const Finished finished = run(client(server.port()), "ping\n");
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.out, "server: ping\n");
}

TEST(Problem6Failure, ALineThatIsTooLongCostsItsConnection) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send("short\n" + std::string(65'536, 'x') + "\n" + std::string(300'000, 'y'));
    EXPECT_EQ(peer.read_line(), "short");
    EXPECT_EQ(peer.read_line(), std::string(65'536, 'x'));
    EXPECT_EQ(peer.read_to_end(), "ERROR line too long\n");
    server.process().wait_for_err("* 1 guest1 left: line too long\n");
    expect_alive(server);
}

TEST(Problem6Failure, ShowsHostileBytesEscaped) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send(std::string("a\x1b[2Jb\0c\xff\n", 10));
    server.process().wait_for_out("[1 guest1] a\\x1b[2Jb\\x00c\\xff\n");
    const Finished finished = run(client(server.port()), "\x1b]0;title\x07\xfe\n");
    EXPECT_EQ(finished.out, "server: \\x1b]0;title\\x07\\xfe\n");
}

TEST(Problem6Failure, AResetIsNoticedAndNamed) {
    Server server = echo();
    RawTcp peer(server.port());
    peer.send("hello\n");
    EXPECT_EQ(peer.read_line(), "hello");
    peer.reset();
    server.process().wait_for_err(
        matching(R"(^\* 1 guest1 left: recv .*: Connection reset by peer$)"));
    expect_alive(server);
}

TEST(Problem6Failure, RefusesMoreClientsThanItMayHave) {
    Server server = echo({"--max-clients", "1"});
    RawTcp first(server.port());
    first.send("hello\n");
    EXPECT_EQ(first.read_line(), "hello");
    const Finished second = run(client(server.port()), "hello\n");
    EXPECT_EQ(second.code, 1);
    EXPECT_EQ(second.err, "client: server says: server is full\n");
    EXPECT_EQ(second.out, "");
}

TEST(Problem6Failure, CtrlCEndsAClientAndTheServerKnows) {
    Server server = echo();
    Subprocess victim(client(server.port(), {"--name", "al"}), {.input = Input::kPipe});
    server.process().wait_for_err("al joined");
    victim.send_signal(SIGINT);
    EXPECT_EQ(victim.wait().code, 130);
    server.process().wait_for_err("* 1 al left\n");
}

TEST(Problem6Failure, AServerThatIsKilledIsNoticed) {
    auto server = std::make_unique<Server>("problem6/server");
    Subprocess alice(client(server->port()), {.input = Input::kPipe});
    alice.write("hello\n");
    server->process().wait_for_out("hello\n");
    server.reset();
    alice.wait(seconds(2));
    EXPECT_EQ(alice.out(), "");
    EXPECT_EQ(alice.err(), "* server closed the connection\n");
}

TEST(Problem6Failure, NobodyThereIsAnError) {
    const DeadPort dead(SOCK_STREAM);
    const Finished finished = run(client(dead.port()), "hello\n");
    EXPECT_EQ(finished.code, 1);
    EXPECT_EQ(finished.err, "client: connect 127.0.0.1:" + std::to_string(dead.port()) +
                                ": Connection refused\n");
}

TEST(Problem6Failure, AFullDiskBehindStdoutIsAnError) {
    Server server = echo();
    const Finished finished =
        run(client(server.port()), {.input = Input::kPipe, .stdout_to = "/dev/full"}, "hello\n");
    EXPECT_EQ(finished.code, 1);
    EXPECT_NE(finished.err.find("write stdout: No space left on device"), std::string::npos);
}

TEST(Problem6Failure, ServesOneClientWithOnce) {
    Server server = echo({"--once"});
    expect_alive(server);
    EXPECT_EQ(server.process().wait().code, 0);
}

TEST(Problem6Failure, UsageErrorsNameWhatIsWrong) {
    const std::vector<std::pair<Argv, std::string>> cases{
        {{program("problem6/client"), "--name", "a b"}, "printable characters"},
        {{program("problem6/client"), "--name", "server"}, "only the server"},
        {{program("problem6/client"), "hello"}, "takes no operand"},
        {{program("problem6/server"), "--max-clients", "0"}, "--max-clients '0'"},
        {{program("problem6/server"), "--room", "--auto-reply", "x"}, "--auto-reply"},
        {{program("problem6/server"), "--transcript"}, "needs a value: --transcript"},
    };
    for (const auto& [argv, problem] : cases) {
        const Finished finished = run(argv);
        EXPECT_EQ(finished.code, 2) << problem;
        EXPECT_NE(finished.err.find(problem), std::string::npos) << finished.err;
        EXPECT_NE(finished.err.find("usage: "), std::string::npos) << finished.err;
    }
}

}  // namespace
}  // namespace netlab::problem6
