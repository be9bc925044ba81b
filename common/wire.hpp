// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.hpp"

// Big-endian integers by shifts: no casts of structs, so that neither the machine's byte order nor
// its alignment rules reach the wire.

namespace netlab {

// Appends to a buffer that the caller owns.
class WireWriter {
  public:
    explicit WireWriter(std::vector<std::byte>& out) : out_(out) {}

    WireWriter& u8(std::uint8_t value) { return put(value, 1); }
    WireWriter& u16(std::uint16_t value) { return put(value, 2); }
    WireWriter& u32(std::uint32_t value) { return put(value, 4); }
    WireWriter& u64(std::uint64_t value) { return put(value, 8); }
    WireWriter& bytes(Bytes value);
    WireWriter& text(std::string_view value) { return bytes(as_bytes(value)); }

  private:
    WireWriter& put(std::uint64_t value, int size);

    std::vector<std::byte>& out_;
};

// Takes fields from the front of what a peer sent. Each call throws ProtocolError if too few bytes
// are left.
class WireReader {
  public:
    explicit WireReader(Bytes in) : in_(in) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(take(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(take(4)); }
    std::uint64_t u64() { return take(8); }
    Bytes bytes(std::size_t count);
    Bytes rest() { return bytes(in_.size()); }
    [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }

  private:
    std::uint64_t take(std::size_t size);

    Bytes in_;
};

// The same by position, for a header that is read or patched in place; the caller has checked the
// size. A fold and no loop: of this g++ -O2 makes one move and a swap of the bytes.
template <typename Unsigned>
Unsigned load_big_endian(const std::byte* from) noexcept {
    return [from]<std::size_t... i>(std::index_sequence<i...>) {
        constexpr std::size_t last = sizeof(Unsigned) - 1;
        return static_cast<Unsigned>(
            ((std::to_integer<std::uint64_t>(from[i]) << 8 * (last - i)) | ...));
    }
    (std::make_index_sequence<sizeof(Unsigned)>());
}

template <typename Unsigned>
void store_big_endian(std::byte* to, Unsigned value) noexcept {
    [=]<std::size_t... i>(std::index_sequence<i...>) {
        constexpr std::size_t last = sizeof(Unsigned) - 1;
        ((to[i] = static_cast<std::byte>(value >> 8 * (last - i) & 0xFF)), ...);
    }
    (std::make_index_sequence<sizeof(Unsigned)>());
}

}  // namespace netlab
