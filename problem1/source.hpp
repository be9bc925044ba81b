// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/chunking.hpp"
#include "common/io.hpp"

namespace netlab::problem1 {

// The file that a client sends, wherever it stands.
class Source {
  public:
    virtual ~Source() = default;

    // Does not change while it is sent.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // The name that it has at the server.
    [[nodiscard]] virtual const std::string& name() const = 0;
    // The bytes of a range, valid until the next call. Throws SystemError, or std::runtime_error if
    // the file has shrunk.
    [[nodiscard]] virtual Bytes read(ByteRange range) = 0;
    // The CRC-32C of the whole file.
    [[nodiscard]] virtual std::uint32_t crc() = 0;
};

}  // namespace netlab::problem1
