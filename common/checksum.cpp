// SPDX-License-Identifier: MIT
#include "common/checksum.hpp"

#include <array>

namespace netlab {

namespace {

constexpr std::size_t kSlices = 16;
using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// table[0] takes one byte through the shift register; table[k] takes it through k bytes of zeros
// more, so that 16 bytes can be looked up at once, independent of each other ("slicing").
constexpr Tables make_tables() {
    Tables table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
        table[0][byte] = crc;
    }
    for (std::size_t k = 1; k < kSlices; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = table[k - 1][byte];
            table[k][byte] = before >> 8 ^ table[0][before & 0xFF];
        }
    }
    return table;
}

constexpr Tables kTables = make_tables();

}  // namespace

void Crc32::update(Bytes bytes) noexcept {
    std::uint32_t crc = state_;
    const std::byte* at = bytes.data();
    const auto byte_at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(at[i]); };
    std::size_t left = bytes.size();
    for (; left >= kSlices; left -= kSlices, at += kSlices) {
        const std::uint32_t head =
            crc ^ (byte_at(0) | byte_at(1) << 8 | byte_at(2) << 16 | byte_at(3) << 24);
        crc = kTables[15][head & 0xFF] ^ kTables[14][head >> 8 & 0xFF] ^
              kTables[13][head >> 16 & 0xFF] ^ kTables[12][head >> 24];
        for (std::size_t i = 4; i < kSlices; ++i) crc ^= kTables[15 - i][byte_at(i)];
    }
    for (; left > 0; --left, ++at) crc = crc >> 8 ^ kTables[0][(crc ^ byte_at(0)) & 0xFF];
    state_ = crc;
}

std::uint32_t crc32(Bytes bytes) noexcept {
    Crc32 crc;
    crc.update(bytes);
    return crc.value();
}

}  // namespace netlab
