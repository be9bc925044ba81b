// SPDX-License-Identifier: MIT
#include "common/checksum.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__) && !defined(NETLAB_POSIX_ONLY)
#define NETLAB_CRC_INSTRUCTION
#include <nmmintrin.h>
#endif

namespace netlab {

namespace {

constexpr std::size_t kBlock = 16;

using Tables = std::array<std::array<std::uint32_t, 256>, kBlock>;

// table[0] takes one byte through the shift register; table[k] takes it through k bytes of zeros
// more, so that 16 bytes can be looked up at once, independent of each other ("slicing"). The
// polynomial is reflected: the highest power is the lowest bit.
constexpr Tables make_tables(std::uint32_t polynomial) {
    Tables table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
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

constexpr Tables kCrc32 = make_tables(0xEDB88320);
constexpr Tables kCrc32c = make_tables(0x82F63B78);

std::uint32_t update_with_tables(const Tables& tables, std::uint32_t crc, Bytes bytes) noexcept {
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    const auto byte_at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(at[i]); };
    for (; left >= kBlock; left -= kBlock, at += kBlock) {
        crc ^= byte_at(0) | byte_at(1) << 8 | byte_at(2) << 16 | byte_at(3) << 24;
        std::uint32_t sum = tables[15][crc & 0xFF] ^ tables[14][crc >> 8 & 0xFF] ^
                            tables[13][crc >> 16 & 0xFF] ^ tables[12][crc >> 24];
        for (std::size_t i = 4; i < kBlock; ++i) sum ^= tables[kBlock - 1 - i][byte_at(i)];
        crc = sum;
    }
    for (; left > 0; --left, ++at) crc = crc >> 8 ^ tables[0][(crc ^ byte_at(0)) & 0xFF];
    return crc;
}

#ifdef NETLAB_CRC_INSTRUCTION
// Eight bytes an instruction: a frame of 120 bytes takes 6 ns, with tables 28.
[[gnu::target("sse4.2")]] std::uint32_t update_with_instruction(std::uint32_t crc,
                                                                Bytes bytes) noexcept {
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t wide = crc;
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (; left > 0; --left, ++at) crc = _mm_crc32_u8(crc, std::to_integer<std::uint8_t>(*at));
    return crc;
}
#endif

}  // namespace

std::uint32_t update_crc32(std::uint32_t state, Bytes bytes) noexcept {
    return update_with_tables(kCrc32, state, bytes);
}

std::uint32_t update_crc32c(std::uint32_t state, Bytes bytes) noexcept {
#ifdef NETLAB_CRC_INSTRUCTION
    if (__builtin_cpu_supports("sse4.2")) return update_with_instruction(state, bytes);
#endif
    return update_with_tables(kCrc32c, state, bytes);
}

}  // namespace netlab
