// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "problem4/byte_source.hpp"

namespace netlab::problem4 {

// How the parsers of media files read: field by field, at any offset, through a block in memory.
// Every read is checked against the end of the file, and their number is bounded: both throw
// ProtocolError, so that a parser needs no other check against hostile bytes than for what it
// computes.
class MediaReader {
  public:
    explicit MediaReader(const ByteSource& source) : source_(source), size_(source.size()) {}

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // An integer of `bytes` bytes (at most 8), the most or the least significant one first.
    std::uint64_t big_endian(std::uint64_t at, std::size_t bytes);
    std::uint64_t little_endian(std::uint64_t at, std::size_t bytes);

    std::uint32_t big32(std::uint64_t at) { return static_cast<std::uint32_t>(big_endian(at, 4)); }
    std::uint64_t big64(std::uint64_t at) { return big_endian(at, 8); }

    // Whether this text stands there; false also beyond the end.
    bool has(std::uint64_t at, std::string_view text);

  private:
    Bytes view(std::uint64_t at, std::size_t count);
    void load(std::uint64_t at);

    const ByteSource& source_;
    std::uint64_t size_;
    std::vector<std::byte> block_{};
    std::uint64_t block_offset_ = 0;
    std::size_t loads_left_ = 8192;
};

}  // namespace netlab::problem4
