// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "problem4/media/media_reader.hpp"

namespace netlab::problem4 {

// What a server has to know of a clip: how fast to send it follows from its size and duration.
struct MediaInfo {
    std::string_view container = "unknown";  // "mp4", "wav", ...
    std::optional<std::chrono::microseconds> duration{};
};

// Looks at the bytes, not at a name. Hostile bytes cost a bounded number of reads and the knowledge
// of the duration, no more. Throws SystemError. Thread-safe.
MediaInfo probe_media(const ByteSource& source);

}  // namespace netlab::problem4
