// SPDX-License-Identifier: MIT
#include "common/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

std::uint32_t of(std::string_view text) {
    return crc32(as_bytes(text));
}

// The definition, bit by bit.
std::uint32_t reference(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

TEST(Crc32, GivesThePublishedValues) {
    EXPECT_EQ(of(""), 0u);
    EXPECT_EQ(of("a"), 0xE8B7BE43u);
    EXPECT_EQ(of("123456789"), 0xCBF43926u);
    EXPECT_EQ(of("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
    EXPECT_EQ(of(std::string(32, '\0')), 0x190A55ADu);
    EXPECT_EQ(of(std::string(32, '\xff')), 0xFF6CAB0Bu);
}

TEST(Crc32, EqualsTheBitwiseDefinitionAtEveryLengthAndAlignment) {
    constexpr std::uint64_t kSeed = 1;
    const std::string bytes = random_bytes(100, kSeed);
    for (std::size_t start = 0; start < 17; ++start) {
        for (std::size_t length = 0; length <= 64; ++length) {
            const std::string_view part = std::string_view(bytes).substr(start, length);
            ASSERT_EQ(of(part), reference(part)) << "start " << start << ", length " << length;
        }
    }
}

TEST(Crc32, OfPiecesIsThatOfTheWhole) {
    constexpr std::uint64_t kSeed = 2;
    const std::string bytes = random_bytes(1000, kSeed);
    for (std::size_t piece = 1; piece <= 70; ++piece) {
        Crc32 crc;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            crc.update(as_bytes(std::string_view(bytes).substr(at, piece)));
            crc.update({});
        }
        ASSERT_EQ(crc.value(), of(bytes)) << "pieces of " << piece;
    }
}

TEST(Crc32, MayBeReadBetweenPieces) {
    Crc32 crc;
    EXPECT_EQ(crc.value(), 0u);
    crc.update(as_bytes("12345"));
    EXPECT_EQ(crc.value(), of("12345"));
    crc.update(as_bytes("6789"));
    EXPECT_EQ(crc.value(), 0xCBF43926u);
}

TEST(Crc32, NoticesEveryFlippedBit) {
    constexpr std::uint64_t kSeed = 3;
    std::string bytes = random_bytes(100, kSeed);
    const std::uint32_t right = of(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<char>(1 << bit % 8);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        ASSERT_NE(of(bytes), right) << "bit " << bit;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
}

}  // namespace
}  // namespace netlab::testing
