// SPDX-License-Identifier: MIT
#include "problem4/media/media_reader.hpp"

#include "common/error.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::size_t kBlockSize = 4096;

}  // namespace

void MediaReader::begin_at(std::uint64_t at) {
    if (at > size_) throw ProtocolError("file too short");
    begin_ += at;
    size_ -= at;
    block_.clear();
}

Bytes MediaReader::view(std::uint64_t at, std::size_t count) {
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

std::uint64_t MediaReader::big_endian(std::uint64_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::byte byte : view(at, bytes)) {
        value = value << 8 | std::to_integer<std::uint64_t>(byte);
    }
    return value;
}

std::uint64_t MediaReader::little_endian(std::uint64_t at, std::size_t bytes) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const std::byte byte : view(at, bytes)) {
        value |= std::to_integer<std::uint64_t>(byte) << shift;
        shift += 8;
    }
    return value;
}

bool MediaReader::has(std::uint64_t at, std::string_view text) {
    if (at > size_ || text.size() > size_ - at) return false;
    return as_text(view(at, text.size())) == text;
}

}  // namespace netlab::problem4
