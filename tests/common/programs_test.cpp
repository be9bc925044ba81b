// SPDX-License-Identifier: MIT
//
// What all programs of the suite have in common on the command line.
#include <gtest/gtest.h>

#include "tests/support/programs.hpp"

namespace netlab::testing {
namespace {

struct Program {
    const char* name;
    Argv operands;
    bool has_pcap;
};

void PrintTo(const Program& program, std::ostream* out) {
    *out << program.name;
}

class EveryProgram : public ::testing::TestWithParam<Program> {
  protected:
    // With a file that cannot be made.
    static Finished start(const std::string& option) {
        Argv argv{program(GetParam().name), option, "/nonexistent/file", "-p", "1"};
        argv.insert(argv.end(), GetParam().operands.begin(), GetParam().operands.end());
        return run(argv);
    }
};

TEST_P(EveryProgram, FailsAtOnceIfItsTraceFileCannotBeMade) {
    const Finished done = start("--trace-file");
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err.find("open /nonexistent/file: No such file"), std::string::npos) << done.err;
}

TEST_P(EveryProgram, TakesPcapIfItSendsDatagramsOrCouldSendThem) {
    const Finished done = start("--pcap");
    const char* const expected =
        GetParam().has_pcap ? "open /nonexistent/file: No such file" : "unknown option: --pcap";
    EXPECT_EQ(done.code, GetParam().has_pcap ? 1 : 2);
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err.find(expected), std::string::npos) << done.err;
}

const Program kPrograms[] = {{"problem1/tcp_server", {}, true},
                             {"problem1/tcp_client", {"f"}, true},
                             {"problem1/udp_server", {}, true},
                             {"problem1/udp_client", {"f"}, true},
                             {"problem2/server", {}, false},
                             {"problem2/client", {"f"}, false},
                             {"problem3/server", {}, false},
                             {"problem3/client", {"1", "+", "1"}, false},
                             {"problem4/server", {}, true},
                             {"problem4/client", {"--output", "/dev/null", "f"}, true},
                             {"problem5/tcp_chat_server", {}, false},
                             {"problem5/tcp_chat_client", {}, false},
                             {"problem5/udp_chat_server", {}, true},
                             {"problem5/udp_chat_client", {}, true},
                             {"problem6/server", {}, false},
                             {"problem6/client", {}, false}};

INSTANTIATE_TEST_SUITE_P(Of, EveryProgram, ::testing::ValuesIn(kPrograms));

}  // namespace
}  // namespace netlab::testing
