// SPDX-License-Identifier: MIT
//
// What Wireshark's dissector makes of real transfers, held against --trace-file.
#include "tests/support/tshark.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/problem1/transfer_fixture.hpp"
#include "tests/support/traces.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

// "DATA 7 100": type, sequence number, length.
using Messages = std::vector<std::string>;

Messages sorted(Messages messages) {
    std::sort(messages.begin(), messages.end());
    return messages;
}

// What is in `all`, and not in `known`; both are sorted.
Messages unknown(const Messages& all, const Messages& known) {
    Messages missing;
    std::set_difference(all.begin(), all.end(), known.begin(), known.end(),
                        std::back_inserter(missing));
    return missing;
}

Messages in_trace(const std::string& path, const std::string& fate = "") {
    Messages messages;
    for (const TraceRecord& record : read_trace(path)) {
        if (record.dir == "note" || (!fate.empty() && record.fate != fate)) continue;
        messages.push_back(record.type + " " + *record.find("seq") + " " + *record.find("len"));
    }
    return messages;
}

Messages sent_by_client(Messages messages) {
    std::erase_if(messages, [](const std::string& message) {
        return message.starts_with("A") || message.starts_with("DONE") ||
               message.starts_with("NACK");  // ACCEPT, ACK
    });
    return messages;
}

const std::vector<std::string> kFields = {
    "netlab1.type",           "netlab1.seq",      "netlab1.length",  "netlab1.checksum_ok",
    "netlab1.retransmission", "netlab1.reply_to", "netlab1.dropped", "netlab1.duplicate_ack",
    "netlab1.reply_in"};
enum Column {
    kType,
    kSequence,
    kLength,
    kIntact,
    kAgain,
    kReplyTo,
    kDropped,
    kDuplicate,
    kReplyIn
};

// A captured packet may hold many frames: of each field a value for each of them.
Messages messages_in(const std::vector<std::string>& row) {
    constexpr const char* kNames[] = {"?",   "START", "ACCEPT", "DATA",  "LINE",
                                      "ACK", "END",   "DONE",   "ERROR", "NACK"};
    Messages messages;
    if (row.at(kType).empty()) return messages;
    const auto types = Tshark::split(row[kType], ',');
    const auto sequences = Tshark::split(row[kSequence], ',');
    const auto lengths = Tshark::split(row[kLength], ',');
    const auto intact = Tshark::split(row[kIntact], ',');
    for (std::size_t i = 0; i < types.size(); ++i) {
        EXPECT_EQ(intact.at(i), "1");
        messages.push_back(std::string(kNames[std::stoul(types[i])]) + " " + sequences.at(i) + " " +
                           lengths.at(i));
    }
    return messages;
}

Messages messages_in(const std::vector<std::vector<std::string>>& rows) {
    Messages all;
    for (const auto& row : rows) {
        const Messages some = messages_in(row);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

class Problem1Wireshark : public TransferTest, public ::testing::WithParamInterface<const char*> {
  protected:
    Problem1Wireshark() : TransferTest(GetParam()) {}

    void SetUp() override {
        if (Tshark::missing()) GTEST_SKIP() << "tshark is not installed";
    }
    [[nodiscard]] bool udp() const { return std::string(GetParam()) == "udp"; }
    [[nodiscard]] static std::string decode_as(const std::string& transport, std::uint16_t port) {
        return transport + ".port==" + std::to_string(port) + ",netlab1";
    }

    // Sends `file`; what the client saw is in client.jsonl and client.pcap.
    void transfer(std::uint16_t port, Argv args, const std::string& file) {
        if (udp()) args.push_back("--repair");
        args.insert(args.end(), {"--trace-file", dir / "client.jsonl", file});
        const Finished sent = run(client(port, args));
        ASSERT_EQ(sent.code, 0) << sent.err;
    }
};

TEST_P(Problem1Wireshark, DissectsAndLinksWhatPcapHasRecorded) {
    Server server = start({"--impair", "drop=5"});
    transfer(server.port(), {"--pcap", dir / "client.pcap", "--impair", "drop=6+8"},
             make_file("f", 1'234));
    const auto rows = Tshark(decode_as("udp", server.port()), kFields).rows(dir / "client.pcap");
    EXPECT_EQ(sorted(messages_in(rows)), sorted(in_trace(dir / "client.jsonl")));

    Messages dropped;
    std::map<std::string, std::size_t> first;
    std::size_t replies = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& row = rows[i];
        const std::string message = messages_in(row).at(0);
        if (row[kDropped] == "1") dropped.push_back(message);
        const bool ack = row[kType] == "5";
        const auto [known, is_new] = first.emplace(message, i + 1);
        // An END of another round, and a NACK, has the number of the one before.
        const bool numbered_by_round = row[kType] == "6" || row[kType] == "9";
        if (!numbered_by_round) {
            EXPECT_EQ(row[ack ? kDuplicate : kAgain], is_new ? "" : std::to_string(known->second))
                << message;
        }
        if (row[kReplyTo].empty()) continue;
        ++replies;
        const auto& question = rows.at(std::stoul(row[kReplyTo]) - 1);
        EXPECT_EQ(question[kSequence], row[kSequence]);
        EXPECT_FALSE(question[kReplyIn].empty());
    }
    EXPECT_EQ(dropped, in_trace(dir / "client.jsonl", "dropped"));
    EXPECT_EQ(dropped.size(), 2u);
    EXPECT_GE(replies, udp() ? 2u : 14u);
}

// A datagram of the test, to be sent until it is among what tshark captures and prints.
class Probe {
  public:
    [[nodiscard]] std::string port() const {
        return std::to_string(socket_.local_address().port());
    }

    // False if tshark has ended: the rights do not suffice, or there is no such interface.
    [[nodiscard]] bool arrives(Subprocess& tshark) const {
        UdpSocket sender = UdpSocket::connect("127.0.0.1", socket_.local_address().port());
        for (const TimePoint end = deadline_in(kPatience); Clock::now() < end;) {
            try {
                sender.send(as_bytes("probe"));
                tshark.wait_for_out(matching("\\|" + port() + "$"), milliseconds(100));
                return true;
            } catch (const TimeoutError&) {
            } catch (const std::runtime_error&) {
                return false;
            }
        }
        return false;
    }

  private:
    UdpSocket socket_ = UdpSocket::bind("127.0.0.1", 0);
};

TEST_P(Problem1Wireshark, DissectsARealCaptureOfLoopback) {
    Server server = start();
    const Probe before;
    const Probe after;
    const std::string filter = "port " + std::to_string(server.port()) + " or port " +
                               before.port() + " or port " + after.port();
    auto fields = kFields;
    fields.emplace_back("udp.dstport");
    const Tshark tshark(decode_as(GetParam(), server.port()), fields);
    Subprocess live(tshark.command({"-l", "-i", "lo", "-f", filter}), tshark.options());
    if (!before.arrives(live)) GTEST_SKIP() << "cannot capture here: " << live.err();

    // Many frames to a system call: segments with many frames, and packets that the kernel would
    // only have cut into datagrams on their way out (UDP_SEGMENT).
    const Argv fast = udp() ? Argv{"--rate", "max"} : Argv{"--window", "64"};
    transfer(server.port(), fast, make_file("f", 123'456));
    ASSERT_TRUE(after.arrives(live)) << live.err();
    const Messages captured = sorted(messages_in(Tshark::split_rows(live.out())));
    const Messages traced = sorted(in_trace(dir / "client.jsonl"));
    EXPECT_EQ(unknown(traced, captured), Messages());
    // A client that has its DONE does not read what a repeated END may still be answered.
    EXPECT_EQ(sent_by_client(unknown(captured, traced)), Messages());
}

INSTANTIATE_TEST_SUITE_P(Of, Problem1Wireshark, ::testing::Values("tcp", "udp"));

}  // namespace
}  // namespace netlab::problem1
