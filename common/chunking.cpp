// SPDX-License-Identifier: MIT
#include "common/chunking.hpp"

#include <algorithm>
#include <stdexcept>

namespace netlab {

FixedChunks::FixedChunks(std::uint64_t file_size, std::uint32_t chunk_size)
    : file_size_(file_size), chunk_size_(chunk_size) {
    if (chunk_size == 0) throw std::invalid_argument("chunk size 0");
    count_ = file_size / chunk_size + (file_size % chunk_size != 0 ? 1 : 0);
}

ByteRange FixedChunks::range(std::uint64_t number) const noexcept {
    const std::uint64_t offset = (number - 1) * chunk_size_;
    return {offset, std::min<std::uint64_t>(chunk_size_, file_size_ - offset)};
}

RandomChunks::RandomChunks(std::uint32_t smallest, std::uint32_t largest, std::uint64_t seed)
    : generator_(seed), size_(smallest, largest) {}

std::uint32_t RandomChunks::next(std::uint64_t left) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(size_(generator_), left));
}

std::optional<std::string_view> take_line(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t newline = text.find('\n');
    const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    return line;
}

}  // namespace netlab
