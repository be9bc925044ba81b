// SPDX-License-Identifier: MIT
#include "common/wire.hpp"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"

namespace netlab::testing {
namespace {

using Message = std::vector<std::byte>;

Message bytes_of(std::initializer_list<int> values) {
    Message message;
    for (const int value : values) message.push_back(static_cast<std::byte>(value));
    return message;
}

TEST(WireWriter, WritesGoldenBytes) {
    Message out;
    WireWriter(out)
        .u8(0x01)
        .u16(0x0203)
        .u32(0x04050607)
        .u64(0x08090A0B0C0D0E0F)
        .bytes(bytes_of({0xFE, 0xFF}))
        .text("hi");
    EXPECT_EQ(out, bytes_of({0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C,
                             0x0D, 0x0E, 0x0F, 0xFE, 0xFF, 'h', 'i'}));
}

TEST(WireWriter, WritesTheExtremes) {
    Message out;
    WireWriter(out).u8(0).u8(255).u16(65535).u32(UINT32_MAX).u64(UINT64_MAX).u64(0);
    Message expected(1 + 1 + 2 + 4 + 8, std::byte{0xFF});
    expected[0] = std::byte{0};
    expected.resize(expected.size() + 8);
    EXPECT_EQ(out, expected);
}

TEST(WireWriter, AppendsToWhatIsThere) {
    Message out = bytes_of({1});
    WireWriter(out).u8(2);
    WireWriter(out).text("").bytes({}).u8(3);
    EXPECT_EQ(out, bytes_of({1, 2, 3}));
}

TEST(WireReader, ReadsGoldenBytes) {
    const Message in = bytes_of({0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x80, 0x09, 0x0A, 0x0B,
                                 0x0C, 0x0D, 0x0E, 0x0F, 0xFE, 0xFF, 'h', 'i'});
    WireReader reader(in);
    EXPECT_EQ(reader.left(), 19u);
    EXPECT_EQ(reader.u8(), 0x01);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u32(), 0x04050607u);
    EXPECT_EQ(reader.u64(), 0x80090A0B0C0D0E0Fu);
    EXPECT_EQ(as_text(reader.bytes(2)), "\xFE\xFF");
    EXPECT_EQ(reader.left(), 2u);
    EXPECT_EQ(as_text(reader.rest()), "hi");
    EXPECT_EQ(reader.left(), 0u);
    EXPECT_TRUE(reader.rest().empty());
    EXPECT_TRUE(reader.bytes(0).empty());
}

TEST(WireReader, ReadsBackWhatWasWritten) {
    for (std::uint64_t value = 1; value != 0; value <<= 1) {
        for (const std::uint64_t v : {value, value - 1, ~value}) {
            Message out;
            WireWriter(out)
                .u64(v)
                .u32(static_cast<std::uint32_t>(v))
                .u16(static_cast<std::uint16_t>(v));
            WireReader reader(out);
            ASSERT_EQ(reader.u64(), v);
            ASSERT_EQ(reader.u32(), static_cast<std::uint32_t>(v));
            ASSERT_EQ(reader.u16(), static_cast<std::uint16_t>(v));
        }
    }
}

TEST(WireReader, RefusesEveryTruncatedField) {
    const Message in(8);
    const auto truncated = [&](std::size_t size) { return WireReader(Bytes(in).first(size)); };
    EXPECT_THROW(truncated(0).u8(), ProtocolError);
    for (const std::size_t size : {0u, 1u}) EXPECT_THROW(truncated(size).u16(), ProtocolError);
    for (std::size_t size = 0; size < 4; ++size) {
        EXPECT_THROW(truncated(size).u32(), ProtocolError);
    }
    for (std::size_t size = 0; size < 8; ++size) {
        EXPECT_THROW(truncated(size).u64(), ProtocolError);
        EXPECT_THROW(truncated(size).bytes(size + 1), ProtocolError);
    }
    EXPECT_THROW(truncated(8).bytes(SIZE_MAX), ProtocolError);
}

TEST(WireReader, TakesNothingWhereItFails) {
    const Message in = bytes_of({1, 2, 3});
    WireReader reader(in);
    EXPECT_THROW(reader.u32(), ProtocolError);
    EXPECT_EQ(reader.left(), 3u);
    EXPECT_EQ(reader.u16(), 0x0102);
    EXPECT_THROW(reader.u16(), ProtocolError);
    EXPECT_EQ(reader.u8(), 3);
}

TEST(BigEndian, IsLoadedAndStoredAtAnyPosition) {
    std::array<std::byte, 16> buffer{};
    for (std::size_t at = 0; at < 8; ++at) {
        buffer.fill(std::byte{0xAA});
        store_big_endian<std::uint32_t>(buffer.data() + at, 0x01020304);
        EXPECT_EQ(buffer.at(at), std::byte{1});
        EXPECT_EQ(buffer.at(at + 3), std::byte{4});
        EXPECT_EQ(buffer.at(at + 4), std::byte{0xAA});  // and no further
        EXPECT_EQ(load_big_endian<std::uint32_t>(buffer.data() + at), 0x01020304u);
        EXPECT_EQ(load_big_endian<std::uint16_t>(buffer.data() + at), 0x0102);
        EXPECT_EQ(load_big_endian<std::uint8_t>(buffer.data() + at), 1);
        store_big_endian<std::uint64_t>(buffer.data() + at, UINT64_MAX - 1);
        EXPECT_EQ(load_big_endian<std::uint64_t>(buffer.data() + at), UINT64_MAX - 1);
    }
}

}  // namespace
}  // namespace netlab::testing
