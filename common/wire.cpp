// SPDX-License-Identifier: MIT
#include "common/wire.hpp"

#include "common/error.hpp"

namespace netlab {

WireWriter& WireWriter::put(std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
        out_.push_back(static_cast<std::byte>(value >> shift & 0xFF));
    }
    return *this;
}

WireWriter& WireWriter::bytes(Bytes value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

Bytes WireReader::bytes(std::size_t count) {
    if (count > in_.size()) throw ProtocolError("message too short");
    const auto taken = in_.first(count);
    in_ = in_.subspan(count);
    return taken;
}

std::uint64_t WireReader::take(std::size_t size) {
    std::uint64_t value = 0;
    for (std::byte byte : bytes(size)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
}

}  // namespace netlab
