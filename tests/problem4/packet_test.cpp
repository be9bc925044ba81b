// SPDX-License-Identifier: MIT
#include "problem4/packet.hpp"

#include <gtest/gtest.h>

#include "common/checksum.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {
namespace {

using Buffer = std::vector<std::byte>;

constexpr std::uint64_t kSession = 0x1122334455667788;

Buffer from_hex(std::string_view hex) {
    Buffer out;
    std::string digits;
    for (const char c : hex) {
        if (c != ' ') digits += c;
        if (digits.size() < 2) continue;
        out.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return out;
}

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kChecksumSize = 4;

// The datagram with the checksum that its other bytes ask for.
Buffer signed_anew(Buffer datagram) {
    datagram.resize(datagram.size() - kChecksumSize);
    WireWriter(datagram).u32(crc32c(Bytes(datagram)));
    return datagram;
}

const std::string kPayload(1000, 'x');

std::vector<ByteRange> ranges(std::size_t count) {
    std::vector<ByteRange> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back({10 * i, 5});
    return all;
}

// One of each kind, in the order of their types.
std::vector<Packet> one_of_each() {
    return {{0, Request{7, "a.mp4"}},
            {kSession, Challenge{7}},
            {kSession, Start{7, 2000, Start::kCopy, "a.mp4"}},
            {kSession, Info{1'000'000, 10'500'000, "mp4"}},
            {kSession, Error{"no such file"}},
            {kSession, Data{3, 77, 4500, as_bytes(kPayload)}},
            {kSession, Report{5, 4500, 3000, Report::kEcho, {{4500, 1500}, {9000, 1}}}},
            {kSession, Alive{5, 10'000}},
            {kSession, Bye{10'000}}};
}

TEST(Packet, HasTheBytesThatTheReadmeDescribes) {
    // Header, body, checksum: those of CRC-32C were computed by the README's lines of Python.
    const std::vector<std::vector<std::string>> golden = {
        {"4e34 02 01 0000000000000000", "0000000000000007612e6d7034", "e52a24cc"},
        {"4e34 02 02 1122334455667788", "0000000000000007", "c5f5d278"},
        {"4e34 02 03 1122334455667788", "0000000000000007000007d001612e6d7034", "adb05ac6"},
        {"4e34 02 04 1122334455667788", "00000000000f42400000000000a037a06d7034", "5c618c81"},
        {"4e34 02 05 1122334455667788", "6e6f20737563682066696c65", "7472339f"},
        {"4e34 02 06 1122334455667788", "000000030000004d0000000000001194", "ecd7dace"},
        {"4e34 02 07 1122334455667788",
         "0000000500000000000011940000000000000bb801020000000000001194000005dc000000000000232800000"
         "001",
         "3ce10b18"},
        {"4e34 02 08 1122334455667788", "000000050000000000002710", "52fd0cc5"},
        {"4e34 02 09 1122334455667788", "0000000000002710", "10543040"},
    };
    const auto packets = one_of_each();
    ASSERT_EQ(packets.size(), std::variant_size_v<Body>);
    ASSERT_EQ(golden.size(), packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const bool has_payload = std::holds_alternative<Data>(packets[i].body);
        Buffer expected = from_hex(golden[i][0] + golden[i][1]);
        if (has_payload) WireWriter(expected).text(kPayload);
        WireWriter(expected).bytes(from_hex(golden[i][2]));
        EXPECT_EQ(encode(packets[i]), expected) << describe(packets[i]);
    }
}

TEST(Packet, ComesBackFromADatagramAsItWent) {
    for (const Packet& packet : one_of_each()) {
        const Buffer datagram = encode(packet);
        const auto back = decode(datagram);
        ASSERT_TRUE(back) << describe(packet);
        EXPECT_EQ(encode(*back), datagram);
        EXPECT_EQ(describe(*back), describe(packet));
    }
}

TEST(Packet, IsRefusedAfterAnySingleBitFlip) {
    for (const Packet& packet : one_of_each()) {
        Buffer datagram = encode(packet);
        for (std::size_t bit = 0; bit < std::min<std::size_t>(datagram.size(), 100) * 8; ++bit) {
            datagram[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
            EXPECT_FALSE(decode(datagram)) << describe(packet) << " bit " << bit;
            datagram[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
        }
    }
}

TEST(Packet, OfAFixedSizeIsRefusedCutShortOrTooLong) {
    for (const Packet& packet : one_of_each()) {
        const Buffer datagram = encode(packet);
        for (std::size_t size = 0; size < std::min<std::size_t>(datagram.size(), 40); ++size) {
            EXPECT_FALSE(decode(Bytes(datagram).first(size))) << describe(packet) << size;
        }
    }
    for (const std::size_t type : {1U, 6U, 7U, 8U}) {
        Buffer datagram = encode(one_of_each()[type]);
        datagram.push_back(std::byte{0});
        EXPECT_FALSE(decode(signed_anew(datagram))) << type;
        datagram.resize(kHeaderSize + 3 + kChecksumSize);
        EXPECT_FALSE(decode(signed_anew(datagram))) << type;
    }
}

TEST(Packet, IsRefusedWithTheRightChecksumButAFieldOutOfRange) {
    const std::string long_name(kMaxText + 1, 'n');
    const std::string long_payload(kMaxPayload + 1, 'x');
    const std::vector<Packet> bad = {
        {1, Request{7, "a"}},
        {0, Challenge{7}},
        {0, Bye{}},
        {1, Bye{UINT64_MAX}},
        {1, Alive{1, UINT64_MAX}},
        {0, Request{7, long_name}},
        {1, Info{UINT64_MAX, 0, "mp4"}},
        {1, Info{1, UINT64_MAX, "mp4"}},
        {1, Data{0, 0, 0, {}}},
        {1, Data{0, 0, 0, as_bytes(long_payload)}},
        {1, Data{0, 0, INT64_MAX, as_bytes(kPayload)}},
        {1, Report{1, 5, 6, 0, {}}},
        {1, Report{1, UINT64_MAX, 0, 0, {}}},
        {1, Report{1, 0, 0, 0, {{0, 0}}}},
        {1, Report{1, 0, 0, 0, {{UINT64_MAX, 2}}}},
        {1, Report{1, 0, 0, 0, {{0, 2}, {1, 2}}}},
        {1, Report{1, 0, 0, 0, {{5, 1}, {1, 1}}}},
        {1, Report{1, 0, 0, 0, ranges(kMaxMissing + 1)}},
    };
    for (const Packet& packet : bad) EXPECT_FALSE(decode(encode(packet))) << describe(packet);
}

TEST(Packet, IsRefusedWithAnotherMagicVersionOrType) {
    const Buffer good = encode({kSession, Bye{1}});
    ASSERT_TRUE(decode(signed_anew(good)));
    for (const std::size_t at : {0U, 1U, 2U, 3U}) {
        Buffer bad = good;
        bad[at] = std::byte{200};
        EXPECT_FALSE(decode(signed_anew(bad))) << at;
    }
}

TEST(Packet, FitsIntoTheLargestDatagramWhateverItSays) {
    const std::string text(kMaxText, 'n');
    const std::string payload(kMaxPayload, 'x');
    const std::vector<Packet> largest = {{0, Request{7, text}},
                                         {1, Start{7, 2000, 0, text}},
                                         {1, Error{text}},
                                         {1, Data{0, 0, 0, as_bytes(payload)}},
                                         {1, Report{1, 0, 0, 0, ranges(kMaxMissing)}}};
    for (const Packet& packet : largest) {
        EXPECT_LE(encode(packet).size(), kMaxDatagram) << describe(packet);
        EXPECT_TRUE(decode(encode(packet))) << describe(packet);
    }
}

TEST(Packet, OfAChallengeIsNeverLargerThanTheRequest) {
    EXPECT_LE(encode({1, Challenge{7}}).size(), encode({0, Request{7, ""}}).size());
}

TEST(Packet, IsShownEscapedOnALineOfTheTrace) {
    EXPECT_EQ(describe({0, Request{7, "a\x1b[2J\n"}}), "REQUEST name=a\\x1b[2J\\x0a");
    EXPECT_EQ(describe({1, Data{7, 0, 10'000, as_bytes(kPayload)}}),
              "DATA seq=7 offset=10000 len=1000");
    EXPECT_EQ(describe({1, Report{5, 4500, 3000, Report::kEcho, {{4500, 1500}}}}),
              "REPORT number=5 contiguous=4500 consumed=3000 echo missing=4500+1500");
}

}  // namespace
}  // namespace netlab::problem4
