// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/error.hpp"

namespace netlab::problem4 {

// Bytes that can be read at any offset: a file, a rearranged one, or (in tests) memory.
struct ByteSource {
    virtual ~ByteSource() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // Fills the buffer from `offset` on: the count, less than asked for only at the end. Throws
    // SystemError.
    [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const = 0;
};

// This file cannot be streamed; what() says why and what to do, and does not name the file.
struct MediaError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// How the parsers of media files read: field by field, at any offset, through a block in memory.
// Every read is checked against the end of the file, and the blocks are counted: both throw
// ProtocolError, so that hostile bytes need no other check than of what is computed from them. Not
// thread-safe.
class MediaReader {
  public:
    explicit MediaReader(const ByteSource& source) : source_(source), size_(source.size()) {}

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // From now on, offsets and the size count from `at`.
    void begin_at(std::uint64_t at) {
        if (at > size_) throw ProtocolError("file too short");
        begin_ += at;
        size_ -= at;
        block_.clear();
    }

    // A few bytes, valid until the next call.
    Bytes view(std::uint64_t at, std::size_t count) {
        if (at > size_ || count > size_ - at) throw ProtocolError("file too short");
        if (at < block_offset_ || at + count > block_offset_ + block_.size()) {
            if (blocks_left_-- == 0) throw ProtocolError("too much to read");
            block_.resize(kBlockSize);
            block_.resize(source_.read_at(begin_ + at, block_));
            block_offset_ = at;
        }
        if (count > block_.size()) throw ProtocolError("file has shrunk");
        return Bytes(block_).subspan(at - block_offset_, count);
    }

    // An integer of `bytes` bytes (at most 8), the most or the least significant one first.
    std::uint64_t big_endian(std::uint64_t at, std::size_t bytes) {
        const Bytes field = view(at, bytes);
        return std::accumulate(field.begin(), field.end(), std::uint64_t{0}, append);
    }
    std::uint64_t little_endian(std::uint64_t at, std::size_t bytes) {
        const Bytes field = view(at, bytes);
        return std::accumulate(field.rbegin(), field.rend(), std::uint64_t{0}, append);
    }

    // Whether this text stands there; false also beyond the end.
    bool has(std::uint64_t at, std::string_view text) {
        return at <= size_ && text.size() <= size_ - at && as_text(view(at, text.size())) == text;
    }

  private:
    static constexpr std::size_t kBlockSize = 4096;

    static std::uint64_t append(std::uint64_t value, std::byte byte) {
        return value << 8 | std::to_integer<std::uint64_t>(byte);
    }

    const ByteSource& source_;
    std::uint64_t begin_ = 0;  // in the source; the other offsets count from it
    std::uint64_t size_;
    std::vector<std::byte> block_{};
    std::uint64_t block_offset_ = 0;
    int blocks_left_ = 8192;  // 32 MiB: more than the index of a film, and read within a moment
};

}  // namespace netlab::problem4
