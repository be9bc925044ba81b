// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string_view>
#include <tuple>

#include "common/file_descriptor.hpp"
#include "problem4/media/media_reader.hpp"

namespace netlab::problem4 {

// What a server has to know of a clip: how fast to send it follows from its size and duration.
struct MediaInfo {
    std::string_view container = "unknown";  // "mp4", "wav", ...
    MediaTime duration{};
};

// Looks at the bytes, not at a name. Hostile bytes cost a bounded number of reads and the knowledge
// of the duration, no more. Throws SystemError. Thread-safe.
MediaInfo probe_media(const ByteSource& source);

// A player that reads an MP4 from a pipe needs its index before the media; cameras and phones write
// it behind. The file itself if it can be sent as it is: it is no MP4, or its index is in front.
// Else the file, of the same size, with its index in front of the media: that is kept in memory
// (some megabytes for a film) with its offsets corrected, and the rest is read from the file.
// Throws MediaError, with the remedy, if it cannot be played while it arrives; SystemError.
ByteSource index_first(ByteSource file);

// What a server sends: the bytes of a file, its index first. The size stays what it was at the
// start: less is read if the file has shrunk. Reading is thread-safe: pread(2).
struct Media {
    ByteSource bytes;
    MediaInfo info;
};

// All who play the same file share it, and what of it is kept in memory. Not thread-safe.
class OpenMedia {
  public:
    // Throws MediaError unless it is a regular file, not empty, that can be played from a pipe;
    // SystemError.
    std::shared_ptr<const Media> open(FileDescriptor file);

  private:
    // By what stat(2) tells: unchanged.
    std::map<std::tuple<dev_t, ino_t, off_t, time_t>, std::weak_ptr<const Media>> clips_;
};

}  // namespace netlab::problem4
