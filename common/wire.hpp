// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.hpp"
#include "common/error.hpp"

// Big-endian integers by shifts: no casts of structs, so that neither the machine's byte order nor
// its alignment rules reach the wire.

namespace netlab {

// By position, for a header that is read or patched in place; the caller has checked the size. A
// fold and no loop: of this g++ -O2 makes one move and a swap of the bytes.
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

// Appends to a buffer that the caller owns.
class WireWriter {
  public:
    explicit WireWriter(std::vector<std::byte>& out) : out_(out) {}

    WireWriter& u8(std::uint8_t value) { return put(value); }
    WireWriter& u16(std::uint16_t value) { return put(value); }
    WireWriter& u32(std::uint32_t value) { return put(value); }
    WireWriter& u64(std::uint64_t value) { return put(value); }
    WireWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    WireWriter& bytes(Bytes value) {
        out_.insert(out_.end(), value.begin(), value.end());
        return *this;
    }

  private:
    template <typename Unsigned>
    WireWriter& put(Unsigned value) {
        out_.resize(out_.size() + sizeof value);
        store_big_endian(&out_[out_.size() - sizeof value], value);
        return *this;
    }

    std::vector<std::byte>& out_;
};

// Takes fields from the front of what a peer sent. Each call throws ProtocolError if too few bytes
// are left.
class WireReader {
  public:
    explicit WireReader(Bytes in) : in_(in) {}

    std::uint8_t u8() { return load_big_endian<std::uint8_t>(bytes(1).data()); }
    std::uint16_t u16() { return load_big_endian<std::uint16_t>(bytes(2).data()); }
    std::uint32_t u32() { return load_big_endian<std::uint32_t>(bytes(4).data()); }
    std::uint64_t u64() { return load_big_endian<std::uint64_t>(bytes(8).data()); }
    Bytes rest() { return bytes(in_.size()); }
    Bytes bytes(std::size_t count) {
        if (count > in_.size()) throw ProtocolError("message too short");
        return std::exchange(in_, in_.subspan(count)).first(count);
    }
    [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }

  private:
    Bytes in_;
};

}  // namespace netlab
