// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "common/error.hpp"

namespace netlab::problem4 {

// Bytes that can be read at any offset: a file, a rearranged one, or (in tests) memory.
struct ByteSource {
    std::uint64_t size = 0;
    // Fills the buffer from `offset` on: the count, less than asked for only at the end. Throws
    // SystemError.
    std::function<std::size_t(std::uint64_t offset, MutableBytes buffer)> read_at;
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
    explicit MediaReader(const ByteSource& source) : source_(source), size_(source.size) {}

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

// How long a clip plays; 0: that is not known.
using MediaTime = std::chrono::microseconds;

// `count` units of which there are `per_second`; 0 for none, or if either makes no sense.
MediaTime media_time(auto count, auto per_second) {
    const double microseconds = static_cast<double>(count) / static_cast<double>(per_second) * 1e6;
    if (!(microseconds >= 1 && microseconds < 1e15)) return {};  // 1e15: 31 years
    return MediaTime(static_cast<std::int64_t>(microseconds));
}

// Of MP4 (mp4.cpp), and of QuickTime's MOV; the other containers are in media_info.cpp.
bool is_mp4(MediaReader& in);
MediaTime mp4_duration(MediaReader& in);

}  // namespace netlab::problem4
