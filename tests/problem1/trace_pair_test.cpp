// SPDX-License-Identifier: MIT
//
// --trace-file and --pcap of the real programs, held against --trace.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "tests/problem1/transfer_fixture.hpp"
#include "tests/support/traces.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

// A line of --trace for each record.
std::string as_shown(const std::vector<TraceRecord>& records, bool with_peer) {
    std::string text;
    for (const TraceRecord& record : records) {
        text += record.dir == "out" ? "-> " : record.dir == "in" ? "<- " : "-- ";
        text += record.message();
        if (with_peer) text += " peer=" + record.peer;
        if (record.fate == "dropped") text += " (dropped by --impair)";
        text += '\n';
    }
    return text;
}

// The lines of --trace among others, without their times.
std::string shown(const std::string& err) {
    std::string text;
    std::istringstream lines(err);
    for (std::string line; std::getline(lines, line);) {
        if (const auto time = matching("^ *[0-9.]+ ms  ").find(line)) {
            text += line.substr(time->end) + "\n";
        }
    }
    return text;
}

std::size_t packets_in(const std::string& path) {
    const std::string pcap = read_file(path);
    std::size_t count = 0;
    for (std::size_t at = 24; at < pcap.size(); ++count) {
        std::uint32_t size = 0;
        std::memcpy(&size, &pcap.at(at + 8), sizeof size);
        at += 16 + size;
    }
    return count;
}

std::size_t messages_in(const std::vector<TraceRecord>& records) {
    return static_cast<std::size_t>(std::count_if(
        records.begin(), records.end(), [](const auto& record) { return record.dir != "note"; }));
}

class Problem1Trace : public TransferTest, public ::testing::WithParamInterface<const char*> {
  protected:
    Problem1Trace() : TransferTest(GetParam()) {}
    [[nodiscard]] bool udp() const { return std::string(GetParam()) == "udp"; }
};

TEST_P(Problem1Trace, FileAndCaptureHoldWhatTheTraceShows) {
    Server server = start({"--trace", "--trace-file", dir / "server.jsonl", "--pcap",
                           dir / "server.pcap", "--impair", "drop=2"});
    Argv args{"--trace",  "--trace-file", dir / "client.jsonl",      "--pcap", dir / "client.pcap",
              "--impair", "drop=6+8",     make_file("a file", 1'234)};
    if (udp()) args.insert(args.begin(), "--repair");
    const Finished sent = run(client(server.port(), args));
    EXPECT_EQ(sent.code, 0) << sent.err;
    server.stop();
    expect_received("a file");

    const auto client_records = read_trace(dir / "client.jsonl");
    EXPECT_EQ(as_shown(client_records, false), shown(sent.err));
    EXPECT_EQ(packets_in(dir / "client.pcap"), messages_in(client_records));
    for (const TraceRecord& record : client_records) {
        EXPECT_EQ(record.end, "client");
        EXPECT_EQ(record.peer, "127.0.0.1:" + std::to_string(server.port()));
    }
    const auto server_records = read_trace(dir / "server.jsonl");
    EXPECT_EQ(as_shown(server_records, udp()), shown(server.process().err()));
    EXPECT_EQ(packets_in(dir / "server.pcap"), messages_in(server_records));
    EXPECT_EQ(server_records.at(0).end, "server");
    for (const auto* records : {&client_records, &server_records}) {
        EXPECT_TRUE(std::any_of(records->begin(), records->end(),
                                [](const auto& record) { return record.fate == "dropped"; }));
        EXPECT_TRUE(std::is_sorted(records->begin(), records->end(),
                                   [](const auto& a, const auto& b) { return a.t < b.t; }));
    }
}

// A transfer with a lost ACK, its traces at both ends, and trace_view of them.
class TraceView : public TransferTest {
  protected:
    TraceView() : TransferTest("tcp") {
        Server server =
            start({"--trace-file", server_trace, "--impair", "drop=3"});  // ACCEPT, ACK, ACK
        run(client(server.port(), {"--trace-file", client_trace, make_file("f", 250)}));
        server.stop();
    }

    static Finished view(const Argv& args, const char* columns = "90") {
        Argv argv{program("common/trace_view")};
        argv.insert(argv.end(), args.begin(), args.end());
        return run(argv, SpawnOptions{.env = {{"COLUMNS", columns}}});
    }

    const std::string client_trace = dir / "client.jsonl";
    const std::string server_trace = dir / "server.jsonl";
};

TEST_F(TraceView, ShowsBothEndsAsALadder) {
    const Finished shown = view({client_trace, server_trace});
    EXPECT_EQ(shown.code, 0) << shown.err;
    std::size_t at = 0;
    for (const char* step :
         {"^ client ms \\| +\\| server ms\n",
          " 0\\.000 \\|-- START seq=0 len=26 [^\n]*>\\| [0-9.]+\n",
          " [0-9.]+ \\|-- DATA seq=2 len=100 -+>\\| [0-9.]+\n",
          "\n {11}\\| {6}x-+ ACK seq=2 len=0 \\(dropped\\) --\\| [0-9.]+\n",
          " [0-9.]+ \\|\\* timeout seq=2 after ", " DATA seq=2 len=100 \\(again\\) -+>",
          " [0-9.]+ \\|<-+ ACK seq=2 len=0 \\(again\\) --\\| [0-9.]+\n",
          " [0-9.]+ \\|<-+ DONE seq=4 len=0 --\\| [0-9.]+\n"}) {
        const auto found = matching(step).find(shown.out, at);
        ASSERT_TRUE(found) << step << " in\n" << shown.out;
        at = found->end - 1;
    }
}

TEST_F(TraceView, IsAsWideAsTheTerminal) {
    for (const std::size_t width : {70u, 120u}) {
        const Finished shown = view({client_trace}, std::to_string(width).c_str());
        std::istringstream lines(shown.out);
        std::string line;
        std::getline(lines, line);
        for (int i = 0; i < 3 && std::getline(lines, line); ++i) {
            EXPECT_EQ(line.rfind('|'), width - 12) << line;
        }
    }
}

TEST_F(TraceView, TakesOfAServerOnlyTheClientThatIsAskedFor) {
    const std::string peer = read_trace(server_trace).at(0).peer;
    EXPECT_EQ(view({"--peer", peer, server_trace}).out, view({server_trace}).out);
    EXPECT_EQ(view({"--peer", "127.0.0.1:1", server_trace}).out.find("DATA"), std::string::npos);
}

TEST_F(TraceView, DrawsSequenceNumbersWithGnuplot) {
    if (run({"sh", "-c", "command -v gnuplot"}).code != 0) GTEST_SKIP() << "no gnuplot here";
    const Finished drawn = view({"--plot", dir / "it's.svg", client_trace, server_trace});
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    const std::string picture = read_file(dir / "it's.svg");
    for (const char* part : {"<svg", "sequence number", ">sent<", ">sent again<", "</svg>"}) {
        EXPECT_NE(picture.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(view({"--plot", dir / "no/such/x.svg", client_trace}).code, 1);
}

TEST_F(TraceView, TellsThatThereIsNoGnuplot) {
    const Finished drawn =
        run({program("common/trace_view"), "--plot", dir / "x.svg", client_trace},
            SpawnOptions{.env = {{"PATH", "/nonexistent"}}});
    EXPECT_EQ(drawn.code, 1);
    EXPECT_EQ(drawn.err, "trace_view: gnuplot was not found: install the package gnuplot-nox\n");
}

TEST_F(TraceView, NamesTheLineThatIsNone) {
    write_file(dir / "bad", read_file(client_trace) + "{}\n");
    const Finished bad = view({dir / "bad"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_TRUE(matching("bad:[0-9]+: this is no line of --trace-file\n$").find(bad.err))
        << bad.err;
    EXPECT_EQ(bad.out, "");
    EXPECT_EQ(view({dir / "none"}).code, 1);
    EXPECT_EQ(view({}).code, 2);
    EXPECT_EQ(view({"--ladder", "--plot", "x.svg", client_trace}).code, 2);
}

INSTANTIATE_TEST_SUITE_P(Of, Problem1Trace, ::testing::Values("tcp", "udp"));

}  // namespace
}  // namespace netlab::problem1
