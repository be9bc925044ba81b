// SPDX-License-Identifier: MIT
//
// The calculator's client on a pipe and on a terminal, with its server and with peers that fail.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>

#include "common/error.hpp"
#include "tests/problem3/calculator_pair.hpp"
#include "tests/support/files.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::testing {
namespace {

const SpawnOptions kOnTerminal{.input = Input::kTerminal};

TEST(Problem3Pipe, PrintsOneResultALineInOrderAndErrorsInTheirPlace) {
    Calculator calculator;
    const Finished bad = calculator.pipe("7 / 2\r\n\n1/0\n-5 + 3");
    EXPECT_EQ(bad.out, "3.5\nERROR empty line\nERROR division by zero\n-2\n");
    EXPECT_EQ(bad.err, "");
    EXPECT_EQ(bad.code, 1);
    EXPECT_EQ(calculator.pipe("1+1\n").code, 0);
    EXPECT_EQ(calculator.pipe("").code, 0);
}

TEST(Problem3Pipe, SendsAndReceivesMoreThanAllBuffersHold) {
    constexpr int kLines = 300'000;
    std::string requests;
    std::string expected;
    for (int i = 0; i < kLines; ++i) {
        requests += "1000000000000000000 * " + std::to_string(i) + "\n";
        expected += (i == 0 ? "0" : std::to_string(i) + "000000000000000000") + "\n";
    }
    Calculator calculator;
    const Finished client = run(client_of(calculator.server.port()), kPiped, requests, seconds(60));
    EXPECT_EQ(client.code, 0) << client.err;
    EXPECT_EQ(client.out.size(), expected.size());
    EXPECT_TRUE(client.out == expected);
}

TEST(Problem3Pipe, AnswersEachLineAsItComes) {
    Calculator calculator;
    Subprocess client(client_of(calculator.server.port()), kPiped);
    client.write("6*7\n");
    const Match first = client.wait_for_out("42\n");
    client.write("5--");
    client.write("3\n");
    client.wait_for_out("8\n", kPatience, first.end);
    client.close_stdin();
    EXPECT_EQ(client.wait().code, 0);
}

TEST(Problem3Pipe, SurvivesANetworkOfSingleBytes) {
    Calculator calculator;
    TcpProxy proxy(calculator.server.port(), {{.write_size = 1}, {.write_size = 1}});
    std::string requests;
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        requests += std::to_string(i) + " - 100\n";
        expected += std::to_string(i - 100) + "\n";
    }
    EXPECT_EQ(run(client_of(proxy.port()), kPiped, requests).out, expected);
}

TEST(Problem3Pipe, AnswersALineThatIsTooLongInItsPlace) {
    Calculator calculator;
    const Finished client = calculator.pipe("1+1\n" + std::string(70'000, '7') + "\n1+2\n");
    EXPECT_EQ(client.out, "2\nERROR line too long\n");
    EXPECT_EQ(client.code, 1);
}

TEST(Problem3Pipe, TellsHowManyRequestsWereLeftUnanswered) {
    TcpListener listener("127.0.0.1", 0);
    Subprocess client(client_of(listener.local_address().port()), kPiped);
    client.write("1+1\n1+2\n1+3\n");
    {
        TcpStream peer = accept_one(listener);
        std::array<std::byte, 12> requests;
        ASSERT_TRUE(read_exact(peer, requests, give_up_after(kPatience)));
        peer.write_all(as_bytes("2\n\x1b[31m"), give_up_after(kPatience));
    }
    EXPECT_EQ(client.wait().code, 1);
    EXPECT_EQ(client.out(), "2\n");
    EXPECT_NE(client.err().find("without an answer: 2"), std::string::npos) << client.err();
}

TEST(Problem3Pipe, FailsWhereStdoutIsFull) {
    Calculator calculator;
    SpawnOptions options{.input = Input::kPipe, .stdout_to = "/dev/full"};
    const Finished client = run(client_of(calculator.server.port()), options, "1+1\n");
    EXPECT_EQ(client.code, 1);
    EXPECT_NE(client.err.find("write stdout"), std::string::npos) << client.err;
}

TEST(Problem3Client, ReportsARefusedConnection) {
    const DeadPort nobody(SOCK_STREAM);
    const Finished client = run(client_of(nobody.port(), {"1", "+", "1"}));
    EXPECT_EQ(client.code, 1);
    EXPECT_EQ(client.err, "client: connect 127.0.0.1:" + std::to_string(nobody.port()) +
                              ": Connection refused\n");
}

TEST(Problem3Client, CtrlCEndsItThoughNobodyReadsWhatItPrints) {
    Calculator calculator;
    TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "out").c_str(), 0600), 0);
    const FileDescriptor out = open_file(dir / "out", O_RDONLY | O_NONBLOCK);
    Subprocess process({program("problem3/client"), "-p", std::to_string(calculator.server.port())},
                       {.input = Input::kPipe, .stdout_to = dir / "out"});
    std::string lines;
    for (int i = 0; i < 100'000; ++i) lines += "1 / 3\n";
    // More than the pipe holds: from now on it waits for room.
    EXPECT_THROW(process.write(lines, milliseconds(300)), TimeoutError);
    process.send_signal(SIGINT);
    EXPECT_EQ(process.wait().code, 130);
    EXPECT_EQ(process.err(), "client: interrupted\n");
}

TEST(Problem3Client, GivesUpOnAServerThatDoesNotAnswer) {
    TcpListener silent("127.0.0.1", 0);
    const std::uint16_t port = silent.local_address().port();
    const Finished once = run(client_of(port, {"--timeout", "100ms", "1", "+", "1"}));
    EXPECT_EQ(once.code, 1);
    EXPECT_NE(once.err.find("silent too long"), std::string::npos) << once.err;
    const Finished pipe = run(client_of(port, {"--timeout", "100ms"}), kPiped, "1+1\n");
    EXPECT_EQ(pipe.code, 1);
    EXPECT_NE(pipe.err.find("no answer within 100 ms"), std::string::npos) << pipe.err;
}

TEST(Problem3Client, ShowsControlCharactersOfTheServerEscaped) {
    TcpListener listener("127.0.0.1", 0);
    Subprocess client(client_of(listener.local_address().port(), {"1", "+", "1"}));
    TcpStream peer = accept_one(listener);
    peer.write_all(as_bytes("\x1b[31m2\r\n"), give_up_after(kPatience));
    EXPECT_EQ(client.wait().code, 0);
    EXPECT_EQ(client.out(), "\\x1b[31m2\n");
}

TEST(Problem3Terminal, PromptsUntilCtrlD) {
    Calculator calculator;
    Subprocess client(client_of(calculator.server.port()), kOnTerminal);
    Match seen = client.wait_for_out("> ");
    client.write("6*7\n");
    seen = client.wait_for_out("42\r\n> ", kPatience, seen.end);
    client.write("1/0\n");
    client.wait_for_out("ERROR division by zero\r\n> ", kPatience, seen.end);
    client.close_stdin();
    EXPECT_EQ(client.wait().code, 0);
}

TEST(Problem3Terminal, EditsRecallsTakesNoEmptyLineAndQuits) {
    Calculator calculator;
    for (const char* word : {"quit", "exit"}) {
        Subprocess client(client_of(calculator.server.port()), kOnTerminal);
        Match seen = client.wait_for_out("* A OP B and Enter; quit, exit or Ctrl+D ends\r\n> ");
        client.write("\r  \r2 + 3\x1b[H1\r");
        seen = client.wait_for_out("15\r\n", kPatience, seen.end);
        client.write(
            "\x1b[A\x7f"
            "4\r");
        client.wait_for_out("16\r\n", kPatience, seen.end);
        client.write(std::string(word) + "\r");
        EXPECT_EQ(client.wait().code, 0);
        EXPECT_EQ(client.out().find("ERROR"), std::string::npos) << client.out();
    }
}

TEST(Problem3Terminal, ExitsWith130OnCtrlC) {
    Calculator calculator;
    Subprocess client(client_of(calculator.server.port()), kOnTerminal);
    client.wait_for_out("> ");
    client.write("\x03");
    EXPECT_EQ(client.wait().code, 130);
}

TEST(Problem3Terminal, NoticesAtThePromptThatTheServerIsGone) {
    Calculator calculator;
    Subprocess client(client_of(calculator.server.port()), kOnTerminal);
    client.write("6*7\n");
    client.wait_for_out("42\r\n> ");
    calculator.server.stop();
    EXPECT_EQ(client.wait().code, 1);
    client.wait_for_out("client: 127.0.0.1:" + std::to_string(calculator.server.port()) +
                        " closed the connection\r\n");
}

}  // namespace
}  // namespace netlab::testing
