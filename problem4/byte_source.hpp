// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "common/io.hpp"

namespace netlab::problem4 {

// Bytes that can be read anywhere: a file, a file in another order, or (in tests) memory.
class ByteSource {
  public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = default;
    ByteSource(ByteSource&&) = default;
    ByteSource& operator=(const ByteSource&) = default;
    ByteSource& operator=(ByteSource&&) = default;
    virtual ~ByteSource() = default;

    [[nodiscard]] virtual std::uint64_t size() const = 0;

    // Fills the buffer from `offset` on: the count, less than asked for only at the end. Throws
    // SystemError.
    [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const = 0;
};

}  // namespace netlab::problem4
