// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "problem4/media/mp4_box.hpp"

// A player that reads an MP4 from a pipe needs its index, the box `moov`, before the media, the
// box `mdat`; cameras and phones write it behind. Moved to the front it pushes the media back by
// its own size, and the index names every chunk of media by its offset in the file, in tables
// (`stco`, 4 bytes an offset, or `co64`, 8 bytes): these offsets grow by as much.

namespace netlab::problem4 {

// An MP4 with its index moved to the front. Keeps nothing of the file in memory: each read is made
// from where the bytes are in the file, and the offsets in it are corrected on the way.
class Mp4Rearrangement {
  public:
    // nullopt if the file can be sent as it is (it is no MP4, or its index is in front). Throws
    // MediaError, with the remedy, if it cannot be played while it arrives; SystemError.
    static std::optional<Mp4Rearrangement> plan(const ByteSource& file);

    // As ByteSource::read_at, of the rearranged file: it has the file's size.
    [[nodiscard]] std::size_t read_at(const ByteSource& file, std::uint64_t offset,
                                      MutableBytes buffer) const;

  private:
    struct OffsetTable {
        std::uint64_t begin;  // of its first offset, in the file
        std::uint64_t end;
        std::size_t width;  // bytes an offset
    };
    struct Extent {
        std::uint64_t in_file;
        std::uint64_t length;
    };

    Mp4Rearrangement(std::uint64_t media_begin, const Box& index)
        : media_begin_(media_begin), index_(index) {}

    void add_table(MediaReader& in, const Box& box);
    [[nodiscard]] std::uint64_t moved(std::uint64_t chunk) const;
    [[nodiscard]] Extent extent_at(std::uint64_t offset) const;
    [[nodiscard]] std::size_t read_index(const ByteSource& file, std::uint64_t at,
                                         MutableBytes buffer) const;
    void correct(std::byte* entry, std::size_t width) const;

    std::uint64_t media_begin_;  // where the index goes
    Box index_;                  // where it is in the file
    std::vector<OffsetTable> tables_{};
};

}  // namespace netlab::problem4
