// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "problem4/media/media_reader.hpp"

// A player that reads an MP4 from a pipe needs its index, the box `moov`, before the media, the
// box `mdat`; cameras and phones write it behind. Moved to the front it pushes the media back by
// its own size, and the index names every chunk of media by its offset in the file, in tables
// (`stco`, 4 bytes an offset, or `co64`, 8 bytes): these offsets grow by as much.

namespace netlab::problem4 {

// The file itself if it can be sent as it is: it is no MP4, or its index is in front. Else the
// file, of the same size, with its index in front of the media: that is kept in memory (some
// megabytes for a film) with its offsets corrected, and the rest is read from the file. Throws
// MediaError, with the remedy, if it cannot be played while it arrives; SystemError.
std::unique_ptr<ByteSource> index_first(std::unique_ptr<ByteSource> file);

}  // namespace netlab::problem4
