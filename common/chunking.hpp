// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace netlab {

struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// A file cut into chunks of one size, of which the last may be shorter. Chunks are numbered from 1:
// chunk n holds the bytes from (n - 1) * chunk_size on. An empty file has no chunk.
class FixedChunks {
  public:
    // chunk_size must not be 0 (std::invalid_argument).
    FixedChunks(std::uint64_t file_size, std::uint32_t chunk_size);

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint32_t chunk_size() const noexcept { return chunk_size_; }
    // `number` in 1..count().
    [[nodiscard]] ByteRange range(std::uint64_t number) const noexcept;

  private:
    std::uint64_t file_size_;
    std::uint32_t chunk_size_;
    std::uint64_t count_;
};

// Chunk sizes drawn uniformly from smallest..largest, the same for the same seed.
class RandomChunks {
  public:
    RandomChunks(std::uint32_t smallest, std::uint32_t largest, std::uint64_t seed);
    // The size of the next chunk of a file that has `left` bytes to go: never more than those.
    [[nodiscard]] std::uint32_t next(std::uint64_t left);

  private:
    std::mt19937_64 generator_;
    std::uniform_int_distribution<std::uint32_t> size_;
};

// Takes the first line off `text`, its newline included, so that the lines in a row are the text
// again; a last line may have none. nullopt at the end.
std::optional<std::string_view> take_line(std::string_view& text);

}  // namespace netlab
