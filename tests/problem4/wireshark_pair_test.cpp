// SPDX-License-Identifier: MIT
//
// What Wireshark's dissector makes of a real stream, held against --trace-file.
#include <algorithm>
#include <array>
#include <map>

#include "problem4/packet.hpp"
#include "tests/problem4/client_fixture.hpp"
#include "tests/support/traces.hpp"
#include "tests/support/tshark.hpp"

namespace netlab::problem4 {
namespace {

using namespace netlab::testing;

enum Column { kType, kSession, kSequence, kOffset, kLength, kNumber, kIntact, kDropped, kAgain };

TEST(Problem4Wireshark, DissectsAndLinksWhatPcapHasRecorded) {
    if (Tshark::missing()) GTEST_SKIP() << "tshark is not installed";
    const TempDir dir;
    write_file(dir / "f.wav", wav_clip(8000, seconds(1)));
    Server server("problem4/server", {"--root", dir.path(), "--trace-file", dir / "server.jsonl",
                                      "--pcap", dir / "server.pcap", "--impair", "drop=7"});
    const Finished client = run({program("problem4/client"), "-p", std::to_string(server.port()),
                                 "--output", dir / "copy.wav", "f.wav"});
    EXPECT_EQ(client.code, 0) << client.err;
    server.stop();

    const Tshark tshark("udp.port==" + std::to_string(server.port()) + ",netlab4",
                        {"netlab4.type", "netlab4.session", "netlab4.seq", "netlab4.offset",
                         "netlab4.length", "netlab4.number", "netlab4.checksum_ok",
                         "netlab4.dropped", "netlab4.retransmission", "netlab4.reply_to"});
    const auto rows = tshark.rows(dir / "server.pcap");
    const auto records = read_trace(dir / "server.jsonl");
    constexpr auto kNames = std::to_array<const char*>(
        {"?", "REQUEST", "CHALLENGE", "START", "INFO", "ERROR", "DATA", "REPORT", "ALIVE", "BYE"});
    static_assert(kNames.size() == std::variant_size_v<Body> + 1);
    std::vector<std::string> captured;
    std::vector<std::string> traced;
    std::map<std::string, std::size_t> first;  // packet with this sequence number
    std::size_t again = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& row = rows[i];
        EXPECT_EQ(row.at(kIntact), "1");
        const std::string name = kNames.at(std::stoul(row[kType]));
        captured.push_back(name + " " + row[kSequence] + " " + row[kOffset] + " " + row[kLength] +
                           " " + row[kNumber] + (row[kDropped] == "1" ? " dropped" : ""));
        if (name != "DATA") continue;
        const auto [known, is_new] = first.emplace(row[kSequence], i + 1);
        EXPECT_EQ(row[kAgain], is_new ? "" : std::to_string(known->second));
        again += is_new ? 0 : 1;
    }
    for (const TraceRecord& record : records) {
        if (record.dir == "note") continue;
        std::string text = record.type;
        for (const char* key : {"seq", "offset", "len"}) {
            text += " ";
            if (record.find(key) != nullptr) text += *record.find(key);
        }
        const std::string* const number = record.find(record.type == "ALIVE" ? "report" : "number");
        traced.push_back(text + " " + (number != nullptr ? *number : "") +
                         (record.fate == "dropped" ? " dropped" : ""));
    }
    std::sort(captured.begin(), captured.end());
    std::sort(traced.begin(), traced.end());
    EXPECT_EQ(captured, traced);
    EXPECT_GE(again, 1u);
}

}  // namespace
}  // namespace netlab::problem4
