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

TEST_P(Problem1Trace, AFileThatCannotBeMadeEndsTheServerBeforeItListens) {
    for (const char* option : {"--trace-file", "--pcap"}) {
        const std::string name = std::string("problem1/") + GetParam() + "_server";
        const Finished done = run({program(name), "-p", "0", option, dir / "no/such/folder"});
        EXPECT_EQ(done.code, 1);
        EXPECT_EQ(done.out, "");
        EXPECT_NE(done.err.find("no/such/folder: No such file or directory"), std::string::npos)
            << done.err;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, Problem1Trace, ::testing::Values("tcp", "udp"));

}  // namespace
}  // namespace netlab::problem1
