// SPDX-License-Identifier: MIT
//
// The calculator's server, as its own client in one shot and as hand-made peers meet it.
#include <gtest/gtest.h>

#include <signal.h>

#include <deque>
#include <future>

#include "tests/problem3/calculator_pair.hpp"
#include "tests/problem3/reference.hpp"

namespace netlab::testing {
namespace {

TEST(Problem3, PrintsTheResultOfOneExpression) {
    Calculator calculator;
    EXPECT_EQ(calculator.once({"7", "/", "2"}).out, "3.5\n");
    EXPECT_EQ(calculator.once({"12", "+", "30"}).out, "42\n");
    EXPECT_EQ(calculator.once({"7", "%", "2"}).out, "1\n");
    EXPECT_EQ(calculator.once({"6", "*", "7"}).out, "42\n");
    const Finished last = calculator.once({"6", "x", "7"});
    EXPECT_EQ(last.out, "42\n");
    EXPECT_EQ(last.err, "");
    EXPECT_EQ(last.code, 0);
}

TEST(Problem3, TakesNegativeNumbersAsOperands) {
    Calculator calculator;
    EXPECT_EQ(calculator.once({"-5", "+", "3"}).out, "-2\n");
    EXPECT_EQ(calculator.once({"5", "-", "-3"}).out, "8\n");
    EXPECT_EQ(calculator.once({"-12", "x", "-12"}).out, "144\n");
    EXPECT_EQ(calculator.once({"--", "-5", "+", "3"}).out, "-2\n");
    EXPECT_EQ(calculator.once({"-12", "-", "3", "--quiet"}).out, "-15\n");
    EXPECT_EQ(calculator.once({"-9223372036854775808", "/", "-1"}).out, "9223372036854775808\n");
    EXPECT_EQ(calculator.once({"-9223372036854775808", "%", "-1"}).out, "0\n");
}

TEST(Problem3, PrintsTheErrorOfOneExpressionOnStderr) {
    Calculator calculator;
    for (const Argv& args :
         {Argv{"7", "/", "0"}, {"abc", "+", "1"}, {"9223372036854775808", "+", "1"}}) {
        const Finished client = calculator.once(args);
        EXPECT_EQ(client.code, 1);
        EXPECT_EQ(client.out, "");
        EXPECT_EQ(client.err.substr(0, 6), "ERROR ");
    }
}

TEST(Problem3, RejectsABadCommandLine) {
    for (const Argv& args : {Argv{"7"},
                             {"7", "/"},
                             {"7", "/", "2", "1"},
                             {"1\n2", "+", "3"},
                             {"--bogus"},
                             {"-p", "0"}}) {
        const Finished client = run(client_of(1, args));
        EXPECT_EQ(client.code, 2) << args[0];
        EXPECT_NE(client.err.find("usage: client"), std::string::npos) << client.err;
    }
    EXPECT_EQ(run({program("problem3/server"), "1"}).code, 2);
    EXPECT_EQ(run({program("problem3/server"), "-p", "65536"}).code, 2);
}

TEST(Problem3, AnswersTwentyThousandPipelinedExpressionsExactly) {
    constexpr std::uint64_t kSeed = 33;
    const std::vector<Sum> sums = edge_and_random_sums(20'000, kSeed);
    std::string requests;
    for (const Sum& sum : sums) requests += to_line(sum) + "\n";

    Calculator calculator;
    RawTcp peer(calculator.server.port());
    auto sending = std::async(std::launch::async, [&] { peer.send(requests); });
    std::vector<std::string> answers(sums.size());
    for (std::string& answer : answers) answer = peer.read_line();
    sending.get();
    for (std::size_t i = 0; i < sums.size(); ++i) {
        ASSERT_EQ(answers[i], reference_answer(sums[i])) << to_line(sums[i]) << " seed " << kSeed;
    }
}

TEST(Problem3, AnswersEachMalformedLineWithAnErrorAndGoesOn) {
    Calculator calculator;
    RawTcp peer(calculator.server.port());
    for (const BadLine& bad : bad_lines()) {
        peer.send(bad.line + "\n1 + 1\n");
        EXPECT_EQ(peer.read_line(), bad.answer) << bad.line;
        EXPECT_EQ(peer.read_line(), "2") << bad.line;
    }
}

TEST(Problem3, AnswersAllThatArrivedInOneWrite) {
    Calculator calculator;
    RawTcp peer(calculator.server.port());
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += "6*7\n";
    peer.send(requests);

    std::vector<std::byte> buffer(1 << 20);
    const auto got = peer.stream().read_some(buffer, give_up_after(kPatience));
    EXPECT_EQ(got, 3000u) << "bytes in the first read";
}

TEST(Problem3, ServesPeersLikeNetcat) {
    Calculator calculator;
    EXPECT_EQ(calculator.raw("6*7\n"), "42\n");
    EXPECT_EQ(calculator.raw("6*7\r\n5--3\r\n"), "42\n8\n");
    EXPECT_EQ(calculator.raw("6*7"), "42\n") << "without a newline at the end";
    EXPECT_EQ(calculator.raw(""), "");
}

TEST(Problem3, EndsTheConnectionAtQuit) {
    Calculator calculator;
    RawTcp peer(calculator.server.port());
    peer.send("1+1\nQUIT\n2+2\n");
    EXPECT_EQ(peer.read_to_end(), "2\n");

    const Finished client = calculator.pipe("1+1\nQUIT\n2+2\n");
    EXPECT_EQ(client.out, "2\n");
    EXPECT_EQ(client.code, 0);
}

TEST(Problem3, TakesALineOf64KiBAndRefusesALongerOne) {
    Calculator calculator;
    const std::string longest = "1" + std::string(64 * 1024 - 3, ' ') + "+1";
    EXPECT_EQ(calculator.raw(longest + "\n1+2\n"), "2\n3\n");
    EXPECT_EQ(calculator.raw("1+1\n " + longest + "\n1+2\n"), "2\nERROR line too long\n");
    EXPECT_EQ(calculator.raw(std::string(1 << 20, '7')), "ERROR line too long\n");
    EXPECT_EQ(calculator.once({"6", "x", "7"}).out, "42\n");
}

TEST(Problem3, OnceExitsWithTheOutcomeOfItsClient) {
    Calculator good({"--once"});
    EXPECT_EQ(good.raw("1/0\n1+1\n"), "ERROR division by zero\n2\n");
    EXPECT_EQ(good.server.process().wait().code, 0);

    Calculator bad({"--once"});
    EXPECT_EQ(bad.raw(std::string(100'000, '7')), "ERROR line too long\n");
    EXPECT_EQ(bad.server.process().wait().code, 1);
    EXPECT_NE(bad.server.process().err().find("line too long"), std::string::npos);
}

TEST(Problem3, ServesOthersWhileOneClientStallsAndOneDoesNotRead) {
    Calculator calculator;
    RawTcp stalled(calculator.server.port());
    stalled.send("1 +");
    RawTcp deaf(calculator.server.port());
    std::string requests;
    for (int i = 0; i < 100'000; ++i) requests += "1 / 9223372036854775807\n";
    while (wait_writable(deaf.stream().descriptor().get(), deadline_in(milliseconds(50)))) {
        static_cast<void>(deaf.stream().write_some(as_bytes(requests)));
    }

    EXPECT_EQ(calculator.once({"6", "x", "7"}).out, "42\n");
    stalled.send(" 1\n");
    EXPECT_EQ(stalled.read_line(), "2");
}

TEST(Problem3, RefusesAClientTooManyWithTheReason) {
    Calculator calculator({"--max-clients", "1"});
    RawTcp first(calculator.server.port());
    first.send("1+1\n");
    EXPECT_EQ(first.read_line(), "2");
    const Finished second = calculator.once({"1", "+", "1"});
    EXPECT_EQ(second.code, 1);
    EXPECT_EQ(second.err, "ERROR server is full\n");
}

TEST(Problem3, DropsAClientAfterTheIdleTimeoutIfThereIsOne) {
    Calculator calculator({"--idle-timeout", "50ms"});
    RawTcp silent(calculator.server.port());
    EXPECT_EQ(silent.read_to_end(), "");
    calculator.server.process().wait_for_err("silent too long");
}

TEST(Problem3, OutOfMemoryCostsClientsAndNotTheServer) {
    if (sanitized()) GTEST_SKIP() << "a sanitizer maps terabytes";
    for (const std::string kilobytes : {"30000", "60000"}) {
        Subprocess server({"sh", "-c", "ulimit -v " + kilobytes + "; exec \"$0\" -p 0",
                           program("problem3/server")});
        const Match listening = server.wait_for_out(matching("^listening on 127.0.0.1:([0-9]+)\n"));
        const auto port = static_cast<std::uint16_t>(std::stoi(listening.groups.at(1)));
        // Refused, dropped or served, but each of them learns it.
        const auto served = [](RawTcp& peer) {
            try {
                return peer.read_line() == "2";
            } catch (const std::exception&) {
                return false;
            }
        };
        std::deque<RawTcp> peers;
        int count = 0;
        for (int i = 0; i < 300; ++i) {
            peers.emplace_back(port).send("1+1\n");
            count += served(peers.back()) ? 1 : 0;
        }
        EXPECT_GT(count, 10);
        EXPECT_LT(count, 300) << "memory has not run out";
        EXPECT_TRUE(server.running());
        peers.clear();
        const TimePoint deadline = give_up_after(kPatience);
        bool again = false;
        while (!again && Clock::now() < deadline) {
            RawTcp next(port);
            next.send("1+1\n");
            again = served(next);
        }
        EXPECT_TRUE(again);
        server.send_signal(SIGTERM);
        EXPECT_EQ(server.wait().code, 0);
    }
}

TEST(Problem3, ServerEndsOnSigtermWithClientsConnected) {
    Calculator calculator;
    RawTcp peer(calculator.server.port());
    peer.send("1+1\n");
    EXPECT_EQ(peer.read_line(), "2");
    EXPECT_EQ(calculator.server.stop().code, 0);
    EXPECT_EQ(peer.read_to_end(), "");
}

TEST(Problem3, BothEndsTraceTheDialogue) {
    Calculator calculator({"--trace"});
    const Finished client = calculator.pipe("6*7\n\x1b[2J\n", {"--trace"});
    for (const char* message :
         {"-> 6*7\n", "<- 42\n", "-> \\x1b[2J\n", "<- ERROR number expected"}) {
        EXPECT_NE(client.err.find(message), std::string::npos) << message << client.err;
    }
    for (const char* message : {"<- 6*7\n", "-> 42\n", "<- \\x1b[2J\n"}) {
        calculator.server.process().wait_for_err(message);
    }
}

}  // namespace
}  // namespace netlab::testing
