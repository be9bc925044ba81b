// SPDX-License-Identifier: MIT
//
// What the chat does on either transport, with lines from a pipe.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "tests/problem5/chat_support.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem5 {
namespace {

class Problem5Chat : public ::testing::TestWithParam<const char*> {
  protected:
    Server server(const Argv& args = {}, Input input = Input::kPipe) {
        return start_server(GetParam(), args, input);
    }
    std::unique_ptr<Subprocess> join(const Server& server, const Argv& args = {}) {
        return start_client(GetParam(), server.port(), args);
    }
    Finished say(const Server& server, const std::string& lines, const Argv& args = {}) {
        return run(client(GetParam(), server.port(), args), lines);
    }

    // More than a pipe holds.
    static std::string long_script(const std::string& prefix = "") {
        std::string lines;
        for (int i = 0; i < 200; ++i) {
            lines += prefix + std::to_string(i) + std::string(900, 'x') + "\n";
        }
        return lines;
    }
    // A client says all that, and a server's script answers.
    void talk_long(Subprocess& bob, std::uint16_t port) {
        std::string replies;
        for (int i = 0; i < 200; ++i) {
            bob.write("ok\n");
            replies += "server: ok\n";
        }
        const Finished ann = run(client(GetParam(), port), long_script());
        EXPECT_EQ(ann.code, 0) << ann.err;
        EXPECT_TRUE(same_bytes(ann.out, replies));
    }
    // A server in such a dialogue, whose output goes into a pipe that nobody reads.
    struct Unread {
        FileDescriptor screen;
        std::unique_ptr<Subprocess> process;
    };
    Unread talk_to_an_unread_screen(const std::string& options) {
        const std::string path = dir / "screen";
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        Unread bob{.screen = open_file(path, O_RDONLY | O_NONBLOCK), .process = {}};
        bob.process = std::make_unique<Subprocess>(
            Argv{"sh", "-c", "exec \"$0\" -p 0 " + options,
                 program(std::string("problem5/") + GetParam() + "_chat_server")},
            SpawnOptions{.input = Input::kPipe, .stdout_to = path});
        const std::string first = read_screen(bob);
        talk_long(*bob.process,
                  static_cast<std::uint16_t>(std::stoi(first.substr(first.rfind(':') + 1))));
        return bob;
    }
    // What is there; "" at the end.
    static std::string read_screen(const Unread& bob) {
        std::array<std::byte, 10'000> buffer;
        const auto size = read_some(bob.screen, buffer, give_up_after(kPatience), "screen");
        return std::string(as_text(Bytes(buffer).first(size.value_or(0))));
    }

    TempDir dir;
};

INSTANTIATE_TEST_SUITE_P(Over, Problem5Chat, ::testing::Values("tcp", "udp"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(Problem5Chat, AScriptOnEachSideBecomesADialogueStrictlyInTurn) {
    Server bob = server({"--once", "--transcript", dir / "bob"});
    bob.process().write(script("server"));
    bob.process().close_stdin();
    const Finished ann = say(bob, script("client"), {"--transcript", dir / "ann"});
    EXPECT_EQ(ann.code, 0) << ann.err;
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(ann.out, script("server", "server: "));
    EXPECT_EQ(messages(bob.process()), script("client", "client: "));
    EXPECT_EQ(read_file(dir / "ann"), dialogue());
    EXPECT_EQ(read_file(dir / "bob"), dialogue());
}

TEST_P(Problem5Chat, ALineTypedOutOfTurnWaitsAndANoticeSaysSo) {
    Server bob = server();
    const auto ann = join(bob);
    ann->write("first\nsecond\n");
    ann->wait_for_err("not your turn yet: 1 line waits");
    bob.process().wait_for_out("client: first\n");
    EXPECT_EQ(messages(bob.process()), "client: first\n");
    bob.process().wait_for_err("your turn");
    bob.process().write("reply\n");
    ann->wait_for_out("server: reply\n");
    bob.process().wait_for_out("client: second\n");
}

TEST_P(Problem5Chat, LinesTypedBeforeAPeerIsThereWaitForOne) {
    Server bob = server({"--once"});
    bob.process().write("welcome\n");
    bob.process().wait_for_err("nobody is here yet: 1 line waits");
    const Finished ann = say(bob, "hello\n");
    EXPECT_EQ(ann.out, "server: welcome\n");
    EXPECT_EQ(ann.code, 0) << ann.err;
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
}

TEST_P(Problem5Chat, NamesAreToldAndCountFromTheFirstLineOn) {
    Server bob = server({"--once", "--name", "Bob", "--transcript", dir / "bob"});
    bob.process().write("hello Ann\n");
    const Finished ann = say(bob, "hello\n", {"--name", "Ann Lee", "--transcript", dir / "ann"});
    EXPECT_EQ(ann.out, "Bob: hello Ann\n");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(messages(bob.process()), "Ann Lee: hello\n");
    EXPECT_EQ(read_file(dir / "bob"), "Ann Lee: hello\nBob: hello Ann\n");
    EXPECT_EQ(read_file(dir / "ann"), "Ann Lee: hello\nBob: hello Ann\n");
}

TEST_P(Problem5Chat, ASecondClientIsToldBusyAndTheFirstOneGoesOn) {
    Server bob = server();
    const auto ann = join(bob);
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");

    const Finished eve = say(bob, "me too\n", {"--transcript", dir / "eve"});
    EXPECT_EQ(eve.code, 1);
    EXPECT_EQ(eve.out, "");
    EXPECT_NE(eve.err.find("server is busy"), std::string::npos) << eve.err;
    EXPECT_LT(eve.elapsed, seconds(5));
    EXPECT_EQ(read_file(dir / "eve"), "") << "nobody has heard it";

    bob.process().write("still here\n");
    ann->wait_for_out("server: still here\n");
    EXPECT_EQ(messages(bob.process()), "client: hello\n");
}

TEST_P(Problem5Chat, TheServerIsReadyForTheNextClient) {
    Server bob = server();
    for (const char* text : {"one", "two", "three"}) {
        const auto ann = join(bob);
        ann->write(std::string(text) + "\n");
        bob.process().wait_for_out(std::string("client: ") + text + "\n");
        bob.process().write("reply\n");
        ann->wait_for_out("server: reply\n");
        ann->close_stdin();
        EXPECT_EQ(ann->wait().code, 0) << ann->err();
    }
    EXPECT_EQ(bob.stop().code, 0);
}

TEST_P(Problem5Chat, TheEndOfTheInputAwaitsTheLastReply) {
    Server bob = server();
    const auto ann = join(bob);
    ann->write("hello\n");
    ann->close_stdin();
    bob.process().wait_for_out("client: hello\n");
    bob.process().write("at last\n");
    EXPECT_EQ(ann->wait().code, 0) << ann->err();
    EXPECT_EQ(ann->out(), "server: at last\n");
    bob.process().wait_for_err("client has left");
}

TEST_P(Problem5Chat, QuitEndsBothSidesWhoeverSaysIt) {
    Server bob = server();
    auto ann = join(bob);
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    ann->write("/quit\n");  // though it is the server's turn
    EXPECT_EQ(ann->wait().code, 0) << ann->err();
    bob.process().wait_for_err("client has left");

    ann = join(bob);
    ann->write("hello again\n");
    bob.process().wait_for_out("client: hello again\n");
    bob.process().write("/quit\n");
    EXPECT_EQ(ann->wait().code, 0) << ann->err();
    EXPECT_NE(ann->err().find("server has left"), std::string::npos) << ann->err();

    // Now that nobody is there, the server itself ends.
    bob.process().write("/quit\n");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
}

TEST_P(Problem5Chat, CtrlCInTheClientSaysGoodbyeAndExitsWith130) {
    Server bob = server({"--once"});
    const auto ann = join(bob);
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    ann->send_signal(SIGINT);
    EXPECT_EQ(ann->wait().code, 130) << ann->err();
    EXPECT_FALSE(ann->wait().signaled);
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_NE(bob.process().err().find("client has left"), std::string::npos);
}

TEST_P(Problem5Chat, CtrlCInTheServerSaysGoodbyeAndExitsWith0) {
    Server bob = server();
    const auto ann = join(bob);
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    bob.process().send_signal(SIGINT);
    EXPECT_EQ(bob.process().wait(seconds(3)).code, 0) << bob.process().err();
    EXPECT_EQ(ann->wait().code, 0) << ann->err();
    EXPECT_NE(ann->err().find("server has left"), std::string::npos) << ann->err();
}

TEST_P(Problem5Chat, EmptyLinesAreNotSent) {
    Server bob = server({"--once"});
    bob.process().write("\n\r\nreply\n");
    const Finished ann = say(bob, "\n\nhello\r\n\n", {"--trace"});
    EXPECT_EQ(ann.out, "server: reply\n");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(messages(bob.process()), "client: hello\n");
}

TEST_P(Problem5Chat, AMessageMayBeginWithASlash) {
    Server bob = server({"--once"});
    bob.process().write("//two\n");
    const Finished ann = say(bob, "/bye is no goodbye\n");
    EXPECT_EQ(ann.out, "server: //two\n");
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(messages(bob.process()), "client: /bye is no goodbye\n");
}

TEST_P(Problem5Chat, ControlCodesAreEscapedOnTheScreenAndExactInTheTranscript) {
    const std::string evil = "\x1b[2Jboo \xff\x01 \xc2\x9b \xc3\xa4";
    Server bob = server({"--once", "--transcript", dir / "bob"});
    const Finished ann = say(bob, evil + "\n/quit\n", {"--transcript", dir / "ann"});
    EXPECT_EQ(ann.code, 0) << ann.err;
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    EXPECT_EQ(messages(bob.process()), "client: \\x1b[2Jboo \\xff\\x01 \\xc2\\x9b \xc3\xa4\n");
    EXPECT_EQ(read_file(dir / "ann"), "client: " + evil + "\n");
    EXPECT_EQ(read_file(dir / "bob"), "client: " + evil + "\n");
}

TEST_P(Problem5Chat, AServerWithoutKeyboardShowsTheFirstMessageAndSaysGoodbye) {
    for (const Input input : {Input::kNull, Input::kClosed}) {
        Server bob = server({}, input);
        for (int i = 0; i < 2; ++i) {
            const auto ann = join(bob);
            ann->write("anybody there? " + std::to_string(i) + "\n");
            EXPECT_EQ(ann->wait().code, 0) << ann->err();
        }
        EXPECT_EQ(bob.stop().code, 0) << bob.process().err();
        EXPECT_EQ(messages(bob.process()), "client: anybody there? 0\nclient: anybody there? 1\n");
    }
}

TEST_P(Problem5Chat, TellsHowManyLinesWereNotSent) {
    Server bob = server({"--once"});
    const auto ann = join(bob);
    ann->write("one\ntwo\nthree\n");
    bob.process().wait_for_out("client: one\n");
    ann->wait_for_err("2 lines wait");
    bob.process().write("/quit\n");
    EXPECT_EQ(ann->wait().code, 0);
    EXPECT_NE(ann->err().find("_chat_client: 2 lines were not sent"), std::string::npos)
        << ann->err();
}

TEST_P(Problem5Chat, CountsTheLinesOfAScriptThatNobodyHasRead) {
    Server bob = server({"--once"});
    std::string script;
    for (int i = 0; i < 10'000; ++i) script += "x\n";  // what a pipe holds at once
    const auto ann = join(bob);
    bob.process().close_stdin();  // hears one message, and says goodbye
    ann->write(script);
    ann->close_stdin();
    EXPECT_EQ(ann->wait().code, 0);
    EXPECT_NE(ann->err().find("_chat_client: 9999 lines were not sent\n"), std::string::npos)
        << ann->err();
    EXPECT_EQ(ann->err().find("nobody is here"), std::string::npos) << ann->err();
}

TEST_P(Problem5Chat, QuietSaysNothingButTheMessages) {
    Server bob = server({"--once", "-q"});
    bob.process().write("reply\n");
    const Finished ann = say(bob, "hello\n", {"--quiet"});
    EXPECT_EQ(ann.out, "server: reply\n");
    EXPECT_EQ(ann.err, "");
    EXPECT_EQ(bob.process().wait().code, 0);
    EXPECT_EQ(bob.process().err(), "");
}

TEST_P(Problem5Chat, WorksOverIPv6AndByName) {
    for (const char* host : {"::1", "localhost"}) {
        Server bob = server({"--once", "-H", host});
        bob.process().write("reply\n");
        const Finished ann = say(bob, "hello\n", {"-H", host});
        EXPECT_EQ(ann.out, "server: reply\n") << ann.err;
        EXPECT_EQ(bob.process().wait().code, 0);
    }
}

TEST_P(Problem5Chat, AFullDiskIsAFailureAndThePeerHearsAGoodbye) {
    Server bob = server();
    const auto ann = start_client(GetParam(), bob.port(), {"--transcript", "/dev/full"});
    ann->write("hello\n");
    ann->close_stdin();
    bob.process().wait_for_out("client: hello\n");
    bob.process().write("reply\n");
    EXPECT_EQ(ann->wait().code, 1);
    EXPECT_NE(ann->err().find("write /dev/full: No space left on device"), std::string::npos)
        << ann->err();
    bob.process().wait_for_err("client has left");

    SpawnOptions full{.input = Input::kPipe, .stdout_to = "/dev/full"};
    Subprocess eve(client(GetParam(), bob.port()), full);
    eve.write("hello again\n");
    bob.process().wait_for_out("client: hello again\n");
    bob.process().write("reply\n");
    EXPECT_EQ(eve.wait().code, 1);
    EXPECT_NE(eve.err().find("write stdout: No space left on device"), std::string::npos)
        << eve.err();
}

TEST_P(Problem5Chat, AScreenThatNobodyReadsHoldsUpNoDialogueAndMissesNothing) {
    const Unread bob = talk_to_an_unread_screen("--once");
    std::string seen;
    for (std::string more = read_screen(bob); !more.empty(); more = read_screen(bob)) seen += more;
    EXPECT_TRUE(same_bytes(seen, long_script("client: ")));
    EXPECT_EQ(bob.process->wait().code, 0) << bob.process->err();
}

TEST_P(Problem5Chat, AScreenThatNobodyReadsKeepsNoServerAlive) {
    const Unread bob = talk_to_an_unread_screen("2>&1");
    bob.process->send_signal(SIGTERM);
    EXPECT_EQ(bob.process->wait().code, 0);
}

TEST_P(Problem5Chat, ATranscriptThatNobodyReadsHoldsUpNoDialogueAndIsAFailureInTheEnd) {
    const std::string fifo = dir / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const FileDescriptor reader = open_file(fifo, O_RDONLY | O_NONBLOCK);
    Server bob = server({"--transcript", fifo});
    talk_long(bob.process(), bob.port());
    EXPECT_EQ(bob.stop().code, 1);
    EXPECT_TRUE(bob.process().err().ends_with("write " + fifo + ": nobody reads it\n"));
}

TEST_P(Problem5Chat, TheTranscriptsAgreeAlsoWhereAQuitCrossesAReply) {
    for (int i = 0; i < 10; ++i) {
        Server bob = server({"--once", "--transcript", dir / "bob"});
        bob.process().write("reply to one\nreply to two\n");
        const Finished ann = say(bob, "one\ntwo\n/quit\n", {"--transcript", dir / "ann"});
        EXPECT_EQ(ann.code, 0) << ann.err;
        EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
        EXPECT_EQ(read_file(dir / "ann"), read_file(dir / "bob"));
    }
}

TEST_P(Problem5Chat, AServerThatCannotKeepItsTranscriptNeverListens) {
    const std::string path = program(std::string("problem5/") + GetParam() + "_chat_server");
    const std::string fifo = dir / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    for (const std::string& where : {std::string("/no/such/folder/t"), fifo}) {
        const Finished bob = run({path, "-p", "0", "--transcript", where});
        EXPECT_EQ(bob.code, 1) << where;
        EXPECT_EQ(bob.out, "") << where;
        EXPECT_NE(bob.err.find("open " + where + ": "), std::string::npos) << bob.err;
    }
}

TEST_P(Problem5Chat, ATranscriptMayBeAFifo) {
    const std::string fifo = dir / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const FileDescriptor reader = open_file(fifo, O_RDONLY | O_NONBLOCK);
    Server bob = server({"--once", "--transcript", fifo});
    EXPECT_EQ(say(bob, "hello\n/quit\n").code, 0);
    EXPECT_EQ(bob.process().wait().code, 0) << bob.process().err();
    std::array<std::byte, 100> buffer;
    const auto size = read_some(reader, buffer, deadline_in(kPatience), "fifo");
    EXPECT_EQ(as_text(Bytes(buffer).first(size.value_or(0))), "client: hello\n");
}

TEST_P(Problem5Chat, WithoutAServerTheClientFailsAtOnce) {
    const DeadPort dead(std::string(GetParam()) == "tcp" ? SOCK_STREAM : SOCK_DGRAM);
    const Finished ann = run(client(GetParam(), dead.port()), "hello\n");
    EXPECT_EQ(ann.code, 1);
    EXPECT_NE(ann.err.find("127.0.0.1:" + std::to_string(dead.port()) + ": Connection refused"),
              std::string::npos)
        << ann.err;
}

TEST_P(Problem5Chat, BadOptionsAreRefused) {
    const std::string path = program(std::string("problem5/") + GetParam() + "_chat_client");
    const std::vector<Argv> wrong{{"operand"},
                                  {"--name"},
                                  {"--name", ""},
                                  {"--name", "a: b"},
                                  {"--name", "\x1b[2J"},
                                  {"--name", std::string(33, 'x')},
                                  {"--transcript", ""},
                                  {"-p", "0"},
                                  {"--wrong"}};
    for (const Argv& args : wrong) {
        Argv argv{path};
        argv.insert(argv.end(), args.begin(), args.end());
        const Finished finished = run(argv);
        EXPECT_EQ(finished.code, 2) << args[0];
        EXPECT_NE(finished.err.find("usage: "), std::string::npos) << finished.err;
    }
    const Finished help = run({path, "--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* option : {"--name NAME", "--transcript FILE", "--trace", "example: "}) {
        EXPECT_NE(help.out.find(option), std::string::npos) << help.out;
    }
}

TEST_P(Problem5Chat, APortInUseIsToldByName) {
    Server bob = server();
    const Finished second = run({program(std::string("problem5/") + GetParam() + "_chat_server"),
                                 "-p", std::to_string(bob.port())});
    EXPECT_EQ(second.code, 1);
    EXPECT_NE(second.err.find("bind 127.0.0.1:" + std::to_string(bob.port()) +
                              ": Address already in use"),
              std::string::npos)
        << second.err;
}

}  // namespace
}  // namespace netlab::problem5
