// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "common/file_descriptor.hpp"
#include "problem4/media/media_reader.hpp"

namespace netlab::problem4 {

// What a server has to know of a clip: how fast to send it follows from its size and duration.
struct MediaInfo {
    std::string_view container = "unknown";               // "mp4", "wav", ...
    std::optional<std::chrono::microseconds> duration{};  // more than 0
};

// Looks at the bytes, not at a name. Hostile bytes cost a bounded number of reads and the knowledge
// of the duration, no more. Throws SystemError. Thread-safe.
MediaInfo probe_media(const ByteSource& source);

struct Media {
    std::unique_ptr<ByteSource> bytes;
    MediaInfo info;
};

// What a server sends: the bytes of a file as they are, except that an MP4 whose index is at its
// end is read in another order, index first, so that it plays from a pipe. The size stays what it
// was at the start: less is read if the file has shrunk. Reading is thread-safe: pread(2). Throws
// MediaError unless it is a regular file, not empty, that can be played from a pipe; SystemError.
Media open_media(FileDescriptor file);

}  // namespace netlab::problem4
