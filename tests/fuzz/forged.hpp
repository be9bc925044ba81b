// SPDX-License-Identifier: MIT
#pragma once

#include "common/checksum.hpp"
#include "common/wire.hpp"

namespace netlab::fuzz {

// A datagram of problem 4: the bytes between a right header and a right checksum, which a fuzzer
// would hardly ever find.
inline std::vector<std::byte> forged(std::uint8_t type, std::uint64_t session, Bytes body) {
    std::vector<std::byte> datagram;
    WireWriter(datagram).u16(0x4E34).u8(2).u8(type).u64(session).bytes(body);
    WireWriter(datagram).u32(crc32c(datagram));
    return datagram;
}

}  // namespace netlab::fuzz
