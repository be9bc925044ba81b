// SPDX-License-Identifier: MIT
#include "common/cli.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/signals.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/redirect.hpp"

namespace netlab::testing {
namespace {

using Words = std::vector<std::string>;

Words parse(CommandLine& line, Words words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return line.parse(static_cast<int>(words.size()), argv.data());
}

struct CommandLineTest : ::testing::Test {
    CommandLineTest() {
        line.number<std::uint32_t>("chunk-size", "N", "bytes a chunk carries", chunk_size, 1,
                                   60000);
        line.flag("resume", "go on where it ended", resume);
        line.text("dir", "DIR", "where files go", dir);
        line.duration("timeout", "wait so long", timeout);
        line.size("max-size", "the largest file", max_size);
        line.impairment(impairment);
    }

    Words operands(Words words) { return parse(line, std::move(words)); }
    std::string problem(Words words) {
        return thrown<UsageError>([&] { parse(line, std::move(words)); });
    }

    CommonOptions common;
    std::uint32_t chunk_size = 100;
    bool resume = false;
    std::string dir = "received";
    Duration timeout = seconds(1);
    std::uint64_t max_size = std::uint64_t{64} << 30;
    ImpairmentSpec impairment;
    CommandLine line{"tcp_client",           "FILE...", "Sends files.",
                     "tcp_client notes.txt", common,    false};
};

TEST_F(CommandLineTest, LeavesTheDefaultsWhereNothingIsGiven) {
    EXPECT_EQ(operands({}), Words{});
    EXPECT_EQ(common.host, "127.0.0.1");
    EXPECT_FALSE(common.trace.text || common.quiet || resume);
    EXPECT_EQ(chunk_size, 100u);
    EXPECT_EQ(dir, "received");
    EXPECT_FALSE(impairment.active());
}

TEST_F(CommandLineTest, TakesTheCommonOptionsShortAndLong) {
    operands({"-H", "::1", "-p", "7101", "-q", "--trace"});
    EXPECT_EQ(common.host, "::1");
    EXPECT_EQ(common.port, 7101);
    EXPECT_TRUE(common.quiet && common.trace.text);

    operands({"--host=localhost", "--port", "65535"});
    EXPECT_EQ(common.host, "localhost");
    EXPECT_EQ(common.port, 65535);
    operands({"-qp1"});
    EXPECT_EQ(common.port, 1);
}

TEST_F(CommandLineTest, SetsTheVariableOfEachOption) {
    operands({"--chunk-size", "60000", "--resume", "--dir", "elsewhere", "--timeout", "1.5s",
              "--max-size", "10M", "--impair", "loss=10%,seed=7"});
    EXPECT_EQ(chunk_size, 60000u);
    EXPECT_TRUE(resume);
    EXPECT_EQ(dir, "elsewhere");
    EXPECT_EQ(timeout, milliseconds(1500));
    EXPECT_EQ(max_size, 10485760u);
    EXPECT_EQ(impairment.loss, 0.1);
    EXPECT_EQ(impairment.seed, 7u);
}

TEST_F(CommandLineTest, ForgetsACommandLineThatFailedHalfWay) {
    problem({"-xq", "a"});
    EXPECT_EQ(operands({"a", "-p", "1", "b"}), (Words{"a", "b"}));
    EXPECT_FALSE(common.quiet);
}

TEST_F(CommandLineTest, HasTheOptionsOfServersInOnePlace) {
    ServerOptions options{.max_clients = 7, .idle_timeout = seconds(60)};
    line.server(options);
    operands({"--once", "--max-clients", "20", "--idle-timeout", "2s"});
    EXPECT_TRUE(options.once);
    EXPECT_EQ(options.max_clients, 20u);
    const TimePoint now{seconds(1000)};
    EXPECT_EQ(options.idle_deadline(now), now + seconds(2));
    operands({"--idle-timeout", "0"});
    EXPECT_EQ(options.idle_deadline(now), kNever);
    EXPECT_TRUE(contains(problem({"--max-clients", "0"}), "--max-clients '0'"));
}

TEST_F(CommandLineTest, HasNoIdleTimeoutWhereSilenceIsNoReasonToEnd) {
    ServerOptions options;
    line.server(options);
    EXPECT_TRUE(contains(problem({"--idle-timeout", "2s"}), "unknown option: --idle-timeout"));
    EXPECT_EQ(options.idle_deadline(TimePoint{}), kNever);
}

TEST_F(CommandLineTest, TakesTheLastOfTwoValues) {
    operands({"--dir", "one", "--dir=two"});
    EXPECT_EQ(dir, "two");
}

TEST_F(CommandLineTest, ReturnsOperandsFromBetweenTheOptions) {
    EXPECT_EQ(operands({"a", "-q", "b", "--dir", "x", "c"}), (Words{"a", "b", "c"}));
    EXPECT_EQ(operands({"-q", "--", "-a", "--dir"}), (Words{"-a", "--dir"}));
    EXPECT_EQ(operands({"-", ""}), (Words{"-", ""}));
}

TEST_F(CommandLineTest, TakesAbbreviationsThatAreUnique) {
    operands({"--chunk=7", "--res"});
    EXPECT_EQ(chunk_size, 7u);
    EXPECT_TRUE(resume);
    EXPECT_TRUE(contains(problem({"--h"}), "--h"));  // help or host?
}

TEST_F(CommandLineTest, NamesWhatIsWrongAndEndsInTheUsageLine) {
    const std::string usage = "\nusage: tcp_client [OPTION]... FILE...  (--help lists the options)";
    EXPECT_EQ(problem({"--nonsense"}), "unknown option: --nonsense" + usage);
    EXPECT_EQ(problem({"--nonsense=5"}), "unknown option: --nonsense=5" + usage);
    EXPECT_EQ(problem({"-x"}), "unknown option: -x" + usage);
    EXPECT_EQ(problem({"-qx"}), "unknown option: -x" + usage);
    EXPECT_EQ(problem({"-5"}), "unknown option: -5" + usage);
    EXPECT_EQ(problem({"--dir"}), "needs a value: --dir" + usage);
    EXPECT_EQ(problem({"-p"}), "needs a value: -p" + usage);
    EXPECT_EQ(problem({"--port", "65536"}),
              "--port '65536': not a whole number in 1..65535" + usage);
    EXPECT_EQ(problem({"-p", "12x"}), "--port '12x': not a whole number in 1..65535" + usage);
    EXPECT_EQ(problem({"--chunk-size="}),
              "--chunk-size '': not a whole number in 1..60000" + usage);
    EXPECT_EQ(problem({"--dir="}), "--dir '': empty" + usage);
    EXPECT_EQ(problem({"--timeout", "soon"}), "--timeout 'soon': not a number" + usage);
    EXPECT_EQ(problem({"--max-size", "1T"}),
              "--max-size '1T': not a size (100, 64K, 10M, 1G)" + usage);
    EXPECT_TRUE(contains(problem({"--quiet=yes"}), "--quiet=yes"));
    EXPECT_EQ(thrown<UsageError>([&] { line.fail("no FILE given"); }), "no FILE given" + usage);
}

TEST_F(CommandLineTest, ShowsControlCharactersOfBadWordsEscaped) {
    EXPECT_TRUE(contains(problem({"--\x1b[2J"}), "unknown option: --\\x1b[2J\n"));
    EXPECT_TRUE(contains(problem({"-\xff"}), "unknown option: -\\xff\n"));
    EXPECT_TRUE(contains(problem({"-p", "\x1b"}), "--port '\\x1b': "));
}

TEST_F(CommandLineTest, ShowsControlCharactersOfABadImpairmentEscaped) {
    EXPECT_FALSE(contains(problem({"--impair", "\x1b[2J=1"}), "\x1b"));
}

TEST_F(CommandLineTest, AllowsPortZeroOnlyWhereItListens) {
    EXPECT_TRUE(contains(problem({"-p", "0"}), "--port '0': not a whole number in 1..65535"));
    CommandLine server("tcp_server", "", "Receives files.", "tcp_server", common, true);
    parse(server, {"-p", "0"});
    EXPECT_EQ(common.port, 0);
    EXPECT_TRUE(thrown<UsageError>([&] {
                    parse(server, {"-p", ""});
                }).ends_with("\nusage: tcp_server [OPTION]...  (--help lists the options)"));
}

TEST_F(CommandLineTest, PassesAnyOtherKindOfValueOn) {
    std::string taken;
    line.custom("colour", "NAME", "which", [&](std::string_view name) {
        if (name != "red") throw UsageError("not red");
        taken = name;
    });
    operands({"--colour", "red"});
    EXPECT_EQ(taken, "red");
    EXPECT_TRUE(contains(problem({"--colour", "blue"}), "--colour 'blue': not red\n"));
}

TEST_F(CommandLineTest, ReportsAnOptionWithoutValueThatIsRefused) {
    line.custom("alone", "", "takes no value",
                [](std::string_view) { throw UsageError("not with --resume"); });
    // In a child, since this must not be a crash.
    EXPECT_EXIT(std::exit(contains(problem({"--alone"}), "not with --resume") ? 0 : 1),
                ::testing::ExitedWithCode(0), "");
}

TEST_F(CommandLineTest, PrintsHelpOnStdoutAndEnds) {
    for (const char* word : {"-h", "--help"}) {
        Captured out(STDOUT_FILENO);
        Captured err(STDERR_FILENO);
        EXPECT_THROW(operands({word, "--nonsense"}), ProgramEnd);
        const std::string text = out.text();
        EXPECT_TRUE(text.starts_with("usage: tcp_client [OPTION]... FILE...\nSends files.\n"));
        EXPECT_TRUE(text.ends_with("\nexample: tcp_client notes.txt\n"));
        for (const char* part :
             {"  -h, --help", "  -H, --host ADDR", "  -p, --port N", "  -q, --quiet", "--version",
              "--trace", "--chunk-size N", "bytes a chunk carries (100)", "--timeout TIME",
              "wait so long (1 s)", "--max-size SIZE", "the largest file (64G)", "--impair SPEC",
              "where files go (received)"}) {
            EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
        }
        EXPECT_EQ(err.text(), "");
    }
}

TEST_F(CommandLineTest, PrintsTheVersionOnStdoutAndEnds) {
    Captured out(STDOUT_FILENO);
    EXPECT_THROW(operands({"--version"}), ProgramEnd);
    EXPECT_EQ(out.text(), "tcp_client " NETLAB_VERSION "\n");
}

TEST_F(CommandLineTest, DoesNotPretendThatHelpWasPrintedIntoAFullDisk) {
    const FileDescriptor full = open_file("/dev/full", O_WRONLY);
    const Redirected out(STDOUT_FILENO, full);
    EXPECT_EQ(thrown<SystemError>([&] { operands({"--help"}); }),
              "write stdout: No space left on device");
}

struct NumbersAsOperands : CommandLineTest {
    NumbersAsOperands() { line.numbers_are_operands(); }
};

TEST_F(NumbersAsOperands, ANegativeNumberIsAnOperand) {
    EXPECT_EQ(operands({"-5", "+", "3"}), (Words{"-5", "+", "3"}));
    EXPECT_EQ(operands({"5", "-", "-3"}), (Words{"5", "-", "-3"}));
    EXPECT_EQ(operands({"-12", "*", "-9223372036854775808"}),
              (Words{"-12", "*", "-9223372036854775808"}));
    EXPECT_EQ(operands({"--", "-5", "-", "-q"}), (Words{"-5", "-", "-q"}));
    EXPECT_EQ(operands({"-5", "--", "-q", "-7"}), (Words{"-5", "-q", "-7"}));
    EXPECT_FALSE(common.quiet);
}

TEST_F(NumbersAsOperands, OptionsMayStandAnywhere) {
    EXPECT_EQ(operands({"-p", "7301", "-5", "-q", "+", "--host", "::1", "-3", "--trace"}),
              (Words{"-5", "+", "-3"}));
    EXPECT_TRUE(common.quiet && common.trace.text);
    EXPECT_EQ(common.port, 7301);
    EXPECT_EQ(common.host, "::1");
}

TEST_F(NumbersAsOperands, AnyOtherUnknownOptionIsStillOne) {
    EXPECT_TRUE(contains(problem({"-x"}), "unknown option: -x\n"));
    EXPECT_TRUE(contains(problem({"-5", "+", "-x"}), "unknown option: -x\n"));
    EXPECT_TRUE(contains(problem({"-5", "--5"}), "unknown option: --5\n"));
    EXPECT_TRUE(contains(problem({"-5", "--port"}), "needs a value: --port\n"));
    EXPECT_TRUE(contains(problem({"-p", "-5"}), "--port '-5': "));
}

// run_program() installs signal handlers: a child each, so that this process keeps none.
[[noreturn]] void run_and_exit(const std::function<int()>& body) {
    ::_exit(run_program("lab", body));
}

TEST(RunProgram, ReturnsWhatTheProgramReturns) {
    EXPECT_EXIT(run_and_exit([] { return 0; }), ::testing::ExitedWithCode(0), "^$");
    EXPECT_EXIT(run_and_exit([] { return 1; }), ::testing::ExitedWithCode(1), "^$");
}

TEST(RunProgram, TurnsExceptionsIntoExitCodesAndOneMessage) {
    using ::testing::ExitedWithCode;
    EXPECT_EXIT(run_and_exit([]() -> int { throw ProgramEnd(); }), ExitedWithCode(0), "^$");
    EXPECT_EXIT(run_and_exit([]() -> int { throw UsageError("bad\nusage: lab"); }),
                ExitedWithCode(2), "^lab: bad\nusage: lab\n$");
    EXPECT_EXIT(run_and_exit([]() -> int { throw Interrupted(); }), ExitedWithCode(130),
                "^lab: interrupted\n$");
    EXPECT_EXIT(run_and_exit([]() -> int { throw SystemError("open", "f", ENOENT); }),
                ExitedWithCode(1), "^lab: open f: No such file or directory\n$");
    EXPECT_EXIT(run_and_exit([]() -> int { throw ProtocolError("rubbish"); }), ExitedWithCode(1),
                "^lab: rubbish\n$");
}

TEST(RunProgram, OpensTheStandardDescriptorsThatAreMissing) {
    const auto started_with_none = [] {
        for (const int fd : {0, 1, 2}) ::close(fd);
        run_and_exit([] {
            const bool all_open = ::fcntl(0, F_GETFD) == 0 && ::fcntl(1, F_GETFD) == 0 &&
                                  ::fcntl(2, F_GETFD) == 0;  // and stay so in a child
            return all_open && make_pipe().read_end.get() > 2 ? 0 : 1;
        });
    };
    EXPECT_EXIT(started_with_none(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace netlab::testing
