// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "common/bytes.hpp"

// Cyclic redundancy checks of 32 bits: they detect what a network or a disk does to bytes by
// accident, not what is done on purpose. update() may be called piece by piece.

namespace netlab {

// The state without the initial value and the final XOR (all ones).
std::uint32_t update_crc32(std::uint32_t state, Bytes bytes) noexcept;
std::uint32_t update_crc32c(std::uint32_t state, Bytes bytes) noexcept;

template <auto kUpdate>
class Crc {
  public:
    void update(Bytes bytes) noexcept { state_ = kUpdate(state_, bytes); }
    [[nodiscard]] std::uint32_t value() const noexcept { return ~state_; }

  private:
    std::uint32_t state_ = 0xFFFFFFFF;
};

// CRC-32 as in Ethernet, gzip and PNG (ITU-T V.42: polynomial 0x04C11DB7, reflected, initial value
// and final XOR all ones); of "123456789" it is 0xCBF43926.
using Crc32 = Crc<update_crc32>;

// CRC-32C, the same with Castagnoli's polynomial 0x1EDC6F41, as in SCTP (RFC 9260, appendix A) and
// iSCSI; of "123456789" it is 0xE3069283. It finds more errors in short messages, and processors
// have an instruction for it.
using Crc32c = Crc<update_crc32c>;

inline std::uint32_t crc32c(Bytes bytes) noexcept {
    return ~update_crc32c(0xFFFFFFFF, bytes);
}

}  // namespace netlab
