// SPDX-License-Identifier: MIT
#include "common/checksum.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__) && !defined(NETLAB_POSIX_ONLY)
#include <immintrin.h>
#define NETLAB_FOLDS_CRC
#endif

namespace netlab {

namespace {

constexpr std::size_t kBlock = 16;
constexpr std::uint32_t kPolynomial = 0xEDB88320;  // reflected: the highest power is the lowest bit

using Tables = std::array<std::array<std::uint32_t, 256>, kBlock>;

// table[0] takes one byte through the shift register; table[k] takes it through k bytes of zeros
// more, so that 16 bytes can be looked up at once, independent of each other ("slicing").
constexpr Tables make_tables() {
    Tables table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
        table[0][byte] = crc;
    }
    for (std::size_t k = 1; k < kBlock; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = table[k - 1][byte];
            table[k][byte] = before >> 8 ^ table[0][before & 0xFF];
        }
    }
    return table;
}

constexpr Tables kTables = make_tables();

// Takes `size` bytes at once, 4 at least.
template <std::size_t size>
std::uint32_t look_up(std::uint32_t crc, const std::byte* at) noexcept {
    const auto byte_at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(at[i]); };
    crc ^= byte_at(0) | byte_at(1) << 8 | byte_at(2) << 16 | byte_at(3) << 24;
    std::uint32_t sum = kTables[size - 1][crc & 0xFF] ^ kTables[size - 2][crc >> 8 & 0xFF] ^
                        kTables[size - 3][crc >> 16 & 0xFF] ^ kTables[size - 4][crc >> 24];
    for (std::size_t i = 4; i < size; ++i) sum ^= kTables[size - 1 - i][byte_at(i)];
    return sum;
}

std::uint32_t update_with_tables(std::uint32_t crc, Bytes bytes) noexcept {
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= kBlock; left -= kBlock, at += kBlock) crc = look_up<kBlock>(crc, at);
    for (; left >= 4; left -= 4, at += 4) crc = look_up<4>(crc, at);
    for (; left > 0; --left, ++at) {
        crc = crc >> 8 ^ kTables[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 0xFF];
    }
    return crc;
}

#ifdef NETLAB_FOLDS_CRC

// A CRC is a remainder, and does not change if bits of the message are replaced by what is
// congruent to them further on. So a block of 128 bits is multiplied by x^distance, one half at a
// time, and added to the block that stands that far behind it, until one block is left (Gopal and
// others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009).
class Fold {
  public:
    constexpr explicit Fold(unsigned distance)
        : low_(factor(distance + 32)), high_(factor(distance - 32)) {}

    [[gnu::target("pclmul")]] __m128i operator()(__m128i block, __m128i onto) const noexcept {
        const __m128i factors =
            _mm_set_epi64x(static_cast<long long>(high_), static_cast<long long>(low_));
        return _mm_xor_si128(onto, _mm_xor_si128(_mm_clmulepi64_si128(block, factors, 0x00),
                                                 _mm_clmulepi64_si128(block, factors, 0x11)));
    }

  private:
    // x^power modulo the polynomial. The product of two reflected numbers is one bit short: hence
    // the shift.
    static constexpr std::uint64_t factor(unsigned power) {
        std::uint32_t value = 0x80000000;
        for (; power > 0; --power) value = value >> 1 ^ (value & 1 ? kPolynomial : 0);
        return std::uint64_t{value} << 1;
    }

    std::uint64_t low_;
    std::uint64_t high_;
};

__m128i load(const std::byte* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Takes whole blocks, 32 bytes at least, and returns the one that is congruent to them.
[[gnu::target("pclmul")]] std::array<std::byte, kBlock> fold(std::uint32_t crc,
                                                             Bytes blocks) noexcept {
    constexpr Fold kOntoNext(8 * kBlock);
    constexpr Fold kOntoFourth(4 * 8 * kBlock);
    const std::byte* at = blocks.data();
    std::size_t left = blocks.size();
    __m128i sum = _mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(crc)));

    if (left >= 8 * kBlock) {  // four at a time, which do not wait for each other
        __m128i second = load(at + kBlock);
        __m128i third = load(at + 2 * kBlock);
        __m128i fourth = load(at + 3 * kBlock);
        for (; left >= 8 * kBlock; left -= 4 * kBlock) {
            at += 4 * kBlock;
            sum = kOntoFourth(sum, load(at));
            second = kOntoFourth(second, load(at + kBlock));
            third = kOntoFourth(third, load(at + 2 * kBlock));
            fourth = kOntoFourth(fourth, load(at + 3 * kBlock));
        }
        sum = kOntoNext(kOntoNext(kOntoNext(sum, second), third), fourth);
        at += 3 * kBlock;
        left -= 3 * kBlock;
    }
    for (left -= kBlock; left > 0; left -= kBlock) sum = kOntoNext(sum, load(at += kBlock));

    std::array<std::byte, kBlock> last;
    std::memcpy(last.data(), &sum, sizeof last);
    return last;
}

#endif

}  // namespace

void Crc32::update(Bytes bytes) noexcept {
#ifdef NETLAB_FOLDS_CRC
    static const bool can_fold = __builtin_cpu_supports("pclmul") != 0;
    if (can_fold && bytes.size() >= 2 * kBlock) {
        const std::size_t whole = bytes.size() / kBlock * kBlock;
        state_ = update_with_tables(0, fold(state_, bytes.first(whole)));
        bytes = bytes.subspan(whole);
    }
#endif
    state_ = update_with_tables(state_, bytes);
}

std::uint32_t crc32(Bytes bytes) noexcept {
    Crc32 crc;
    crc.update(bytes);
    return crc.value();
}

}  // namespace netlab
