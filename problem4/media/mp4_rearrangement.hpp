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

// An MP4 with its index moved to the front. Keeps the index in memory (some megabytes for a film)
// with its offsets corrected; the rest is read from the file.
class Mp4Rearrangement {
  public:
    // nullopt if the file can be sent as it is (it is no MP4, or its index is in front). Throws
    // MediaError, with the remedy, if it cannot be played while it arrives; SystemError.
    static std::optional<Mp4Rearrangement> plan(const ByteSource& file);

    // As ByteSource::read_at, of the rearranged file: it has the file's size.
    [[nodiscard]] std::size_t read_at(const ByteSource& file, std::uint64_t offset,
                                      MutableBytes buffer) const;

  private:
    Mp4Rearrangement(const ByteSource& file, std::uint64_t media_begin, const Box& index);

    template <typename Offset>
    void move_offsets(const Box& table);

    std::uint64_t media_begin_;  // where the index goes
    std::uint64_t index_begin_;  // where it is in the file
    std::vector<std::byte> index_;
};

}  // namespace netlab::problem4
