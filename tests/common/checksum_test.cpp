// SPDX-License-Identifier: MIT
#include "common/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

// The definition, bit by bit.
std::uint32_t reference(std::string_view text, std::uint32_t polynomial) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
    }
    return ~crc;
}

struct Ieee : Crc32 {
    static constexpr std::uint32_t kPolynomial = 0xEDB88320;
    static constexpr std::uint32_t kCheck = 0xCBF43926;
};
struct Castagnoli : Crc32c {
    static constexpr std::uint32_t kPolynomial = 0x82F63B78;
    static constexpr std::uint32_t kCheck = 0xE3069283;
};

template <typename Crc>
struct Checksum : ::testing::Test {
    static std::uint32_t of(std::string_view text) {
        Crc crc;
        crc.update(as_bytes(text));
        return crc.value();
    }
};
using Both = ::testing::Types<Ieee, Castagnoli>;
TYPED_TEST_SUITE(Checksum, Both);

TEST(Crc32, GivesThePublishedValues) {
    constexpr auto of = Checksum<Crc32>::of;
    EXPECT_EQ(of(""), 0u);
    EXPECT_EQ(of("a"), 0xE8B7BE43u);
    EXPECT_EQ(of("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
    EXPECT_EQ(of(std::string(32, '\0')), 0x190A55ADu);
}

TEST(Crc32c, GivesThePublishedValues) {
    const auto of = [](std::string_view text) { return crc32c(as_bytes(text)); };
    // RFC 3720, appendix B.4, as numbers.
    EXPECT_EQ(of(std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(of(std::string(32, '\xff')), 0x62A8AB43u);
    std::string ascending;
    for (char c = 0; c < 32; ++c) ascending += c;
    EXPECT_EQ(of(ascending), 0x46DD794Eu);
}

TYPED_TEST(Checksum, GivesItsCheckValue) {
    EXPECT_EQ(this->of("123456789"), TypeParam::kCheck);
}

TYPED_TEST(Checksum, EqualsTheBitwiseDefinitionAtEveryLengthAndAlignment) {
    const std::string bytes = random_bytes(100, 1);
    for (std::size_t start = 0; start < 17; ++start) {
        for (std::size_t length = 0; length <= 64; ++length) {
            const std::string_view part = std::string_view(bytes).substr(start, length);
            ASSERT_EQ(this->of(part), reference(part, TypeParam::kPolynomial))
                << "start " << start << ", length " << length;
        }
    }
}

TYPED_TEST(Checksum, OfPiecesIsThatOfTheWholeAndMayBeReadBetweenThem) {
    const std::string bytes = random_bytes(1000, 2);
    for (std::size_t piece = 1; piece <= 70; ++piece) {
        TypeParam crc;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            ASSERT_EQ(crc.value(), this->of(std::string_view(bytes).substr(0, at)));
            crc.update(as_bytes(std::string_view(bytes).substr(at, piece)));
            crc.update({});
        }
        ASSERT_EQ(crc.value(), this->of(bytes)) << "pieces of " << piece;
    }
}

TYPED_TEST(Checksum, NoticesEveryFlippedBit) {
    std::string bytes = random_bytes(100, 3);
    const std::uint32_t right = this->of(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<char>(1 << bit % 8);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        ASSERT_NE(this->of(bytes), right) << "bit " << bit;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
}

}  // namespace
}  // namespace netlab::testing
