// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "common/bytes.hpp"

// Ways to cut a file into pieces: of one size, or of random sizes.

namespace netlab {

// A file cut into chunks of one size, of which the last may be shorter. Chunks are numbered from 1:
// chunk n holds the bytes from (n - 1) * chunk_size on. An empty file has no chunk.
class FixedChunks {
  public:
    // chunk_size is not 0.
    FixedChunks(std::uint64_t file_size, std::uint32_t chunk_size)
        : file_size_(file_size), chunk_size_(chunk_size) {}

    [[nodiscard]] std::uint64_t count() const noexcept {
        return file_size_ / chunk_size_ + (file_size_ % chunk_size_ != 0 ? 1 : 0);
    }

    // `number` in 1..count().
    [[nodiscard]] ByteRange range(std::uint64_t number) const noexcept {
        const std::uint64_t offset = (number - 1) * chunk_size_;
        return {offset, std::min<std::uint64_t>(chunk_size_, file_size_ - offset)};
    }

  private:
    std::uint64_t file_size_;
    std::uint32_t chunk_size_;
};

// Chunk sizes drawn uniformly from min..max, the same for the same seed and C++ library.
class RandomChunks {
  public:
    RandomChunks(std::uint32_t min, std::uint32_t max, std::uint64_t seed)
        : generator_(seed), size_(min, max) {}

    // The size of the next chunk of a file that has `left` bytes to go: never more than those.
    [[nodiscard]] std::uint32_t next(std::uint64_t left) {
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(size_(generator_), left));
    }

  private:
    std::mt19937_64 generator_;
    std::uniform_int_distribution<std::uint32_t> size_;
};

}  // namespace netlab
