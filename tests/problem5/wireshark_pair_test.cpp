// SPDX-License-Identifier: MIT
//
// What Wireshark's dissector makes of a dialogue over UDP.
#include <gtest/gtest.h>

#include "common/pcap.hpp"
#include "problem5/protocol.hpp"
#include "tests/problem5/chat_support.hpp"
#include "tests/support/traces.hpp"
#include "tests/support/tshark.hpp"

namespace netlab::problem5 {
namespace {

using namespace netlab::testing;

TEST(Problem5Wireshark, DissectsAndLinksADialogue) {
    if (Tshark::missing()) GTEST_SKIP() << "tshark is not installed";
    const TempDir dir;
    const Address ann = Address::resolve("127.0.0.1", 40'001, SOCK_DGRAM).at(0);
    const Address bob = Address::resolve("127.0.0.1", 7502, SOCK_DGRAM).at(0);
    Pcap pcap(dir / "f.pcap");
    using Kind = Packet::Kind;
    const std::string hello = "Hello, J\xc3\xb6rg";
    const auto say = [&](const Address& from, const Packet& packet, bool dropped = false) {
        pcap.add(from, from == ann ? bob : ann, as_bytes(packet.encode()), dropped);
    };
    say(ann, {Kind::msg, 0, "Ann"});
    say(ann, {Kind::msg, 1, hello}, true);
    say(bob, {Kind::ack, 0});
    say(ann, {Kind::msg, 1, hello});
    say(bob, {Kind::ack, 1});
    say(bob, {Kind::ack, 1});
    say(bob, {Kind::ping});
    say(ann, {Kind::pong});
    say(bob, {Kind::ping});
    say(ann, {Kind::pong});
    say(ann, {Kind::bye});
    say(bob, {Kind::bye});
    pcap.add(ann, bob, as_bytes("hello"));  // no datagram of ours

    const Tshark tshark("udp.port==7502,netlab5",
                        {"netlab5.type", "netlab5.number", "netlab5.text", "netlab5.dropped",
                         "netlab5.retransmission", "netlab5.duplicate_ack", "netlab5.reply_to",
                         "netlab5.reply_in"});
    const std::vector<std::string> expected = {"MSG|0|Ann|||||3", "MSG|1|" + hello + "|1||||",
                                               "ACK|0|||||1|",    "MSG|1|" + hello + "||2|||5",
                                               "ACK|1|||||4|",    "ACK|1||||5|4|",
                                               "PING|||||||8",    "PONG||||||7|",
                                               "PING|||||||10",   "PONG||||||9|",
                                               "BYE|||||||12",    "BYE||||||11|",
                                               "|||||||"};
    std::vector<std::string> shown;
    for (const auto& row : tshark.rows(dir / "f.pcap")) {
        std::string& text = shown.emplace_back(row.at(0));
        for (std::size_t i = 1; i < row.size(); ++i) text += "|" + row[i];
    }
    EXPECT_EQ(shown, expected);
}

TEST(Problem5Wireshark, DissectsWhatPcapHasRecorded) {
    if (Tshark::missing()) GTEST_SKIP() << "tshark is not installed";
    const TempDir dir;
    Server bob = start_server("udp", {"--once"});
    bob.process().write("hi Ann\n");
    const Finished ann = run(client("udp", bob.port(),
                                    {"--name", "Ann", "--trace-file", dir / "ann.jsonl", "--pcap",
                                     dir / "ann.pcap", "--impair", "drop=2"}),
                             "hello\n");
    EXPECT_EQ(ann.code, 0) << ann.err;

    const Tshark tshark("udp.port==" + std::to_string(bob.port()) + ",netlab5",
                        {"netlab5.type", "netlab5.number", "netlab5.text", "netlab5.dropped"});
    std::vector<std::string> captured;
    for (const auto& row : tshark.rows(dir / "ann.pcap")) {
        std::string text = row.at(0);
        for (const std::size_t field : {1u, 2u}) {
            if (!row.at(field).empty()) text += " " + row[field];
        }
        captured.push_back(text + (row.at(3) == "1" ? " (dropped)" : ""));
    }
    std::vector<std::string> traced;
    for (const TraceRecord& record : read_trace(dir / "ann.jsonl")) {
        EXPECT_EQ(record.peer, "127.0.0.1:" + std::to_string(bob.port()));
        traced.push_back(record.message() + (record.fate.empty() ? "" : " (" + record.fate + ")"));
    }
    EXPECT_EQ(captured, traced);
    EXPECT_GE(traced.size(), 9u);
}

}  // namespace
}  // namespace netlab::problem5
