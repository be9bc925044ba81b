// SPDX-License-Identifier: MIT
#include "common/pcap.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

Address address(const char* host, std::uint16_t port) {
    return Address::resolve(host, port, SOCK_DGRAM).at(0);
}

std::string hex(Bytes bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        text += "0123456789abcdef"[std::to_integer<int>(byte >> 4)];
        text += "0123456789abcdef"[std::to_integer<int>(byte & std::byte{15})];
    }
    return text;
}

TEST(UdpPacket, HasIpv4AndUdpHeadersWithTheirChecksums) {
    const auto packet =
        udp_packet(address("127.0.0.1", 49182), address("127.0.0.1", 7101), as_bytes("abc"), 64);
    EXPECT_EQ(hex(packet),
              "4500001f000040004011"
              "3ccc"
              "7f0000017f000001"
              "c01e1bbd000b"
              "6197"
              "616263");
}

TEST(UdpPacket, HasIpv6HeadersForIpv6Addresses) {
    const auto packet = udp_packet(address("::1", 49182), address("::1", 7101), as_bytes("abc"), 0);
    EXPECT_EQ(hex(packet),
              "60000000000b1100"
              "00000000000000000000000000000001"
              "00000000000000000000000000000001"
              "c01e1bbd000b"
              "5f98"
              "616263");
}

TEST(Pcap, IsAHeaderAndARecordForEachPacket) {
    const TempDir dir;
    const Address client = address("127.0.0.1", 49182);
    const Address server = address("127.0.0.1", 7101);
    Pcap pcap(dir / "f.pcap");
    pcap.add(client, server, as_bytes("abc"));
    pcap.add(client, server, as_bytes("abcd"), true);

    const std::string file = read_file(dir / "f.pcap");
    ASSERT_EQ(file.size(), 24u + 16 + 31 + 16 + 32);
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, &file[at], sizeof value);
        return value;
    };
    EXPECT_EQ(number(0), 0xA1B23C4Du);
    EXPECT_EQ(number(20), 101u);
    EXPECT_LT(number(24 + 4), 1'000'000'000u);
    EXPECT_EQ(number(24 + 8), 31u);
    EXPECT_EQ(number(24 + 12), 31u);
    EXPECT_EQ(file[24 + 16 + 8], 64);           // time to live
    EXPECT_EQ(file[24 + 16 + 31 + 16 + 8], 0);  // and of what was dropped
    EXPECT_TRUE(file.ends_with("abcd"));
}

TEST(Pcap, CannotBeMadeWhereThereIsNoFolder) {
    EXPECT_THROW(Pcap("/nonexistent/f.pcap"), std::exception);
}

}  // namespace
}  // namespace netlab::testing
