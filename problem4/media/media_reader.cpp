// SPDX-License-Identifier: MIT
#include "problem4/media/media_reader.hpp"

#include <numeric>

#include "common/error.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::size_t kBlockSize = 4096;

std::uint64_t append(std::uint64_t value, std::byte byte) {
    return value << 8 | std::to_integer<std::uint64_t>(byte);
}

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
    const Bytes field = view(at, bytes);
    return std::accumulate(field.begin(), field.end(), std::uint64_t{0}, append);
}

std::uint64_t MediaReader::little_endian(std::uint64_t at, std::size_t bytes) {
    const Bytes field = view(at, bytes);
    return std::accumulate(field.rbegin(), field.rend(), std::uint64_t{0}, append);
}

bool MediaReader::has(std::uint64_t at, std::string_view text) {
    if (at > size_ || text.size() > size_ - at) return false;
    return as_text(view(at, text.size())) == text;
}

}  // namespace netlab::problem4
