// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "common/io.hpp"

namespace netlab {

// CRC-32 as in Ethernet, gzip and PNG (ITU-T V.42: polynomial 0x04C11DB7, reflected, initial value
// and final XOR all ones); of "123456789" it is 0xCBF43926. update() may be called piece by piece.
class Crc32 {
  public:
    void update(Bytes bytes) noexcept;
    [[nodiscard]] std::uint32_t value() const noexcept { return ~state_; }

  private:
    std::uint32_t state_ = 0xFFFFFFFF;
};

std::uint32_t crc32(Bytes bytes) noexcept;

}  // namespace netlab
