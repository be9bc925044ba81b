// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "problem4/byte_source.hpp"

namespace netlab::problem4 {

// What a server has to know of a clip: how fast to send it follows from its size and duration.
struct MediaInfo {
    std::string_view container;  // "mp4", "wav", ... or "unknown"
    std::optional<std::chrono::microseconds> duration{};
};

// Looks at the bytes, not at a name. Hostile bytes cost a bounded number of reads, and no more
// than the knowledge of the duration. Throws SystemError where reading fails.
MediaInfo probe_media(const ByteSource& source);

}  // namespace netlab::problem4
