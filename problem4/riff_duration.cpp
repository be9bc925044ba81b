// SPDX-License-Identifier: MIT
#include <algorithm>

#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

// RIFF (little-endian): "RIFF", size, "WAVE", then chunks: type (4 letters), size (4 bytes), body,
// padded to an even size. "fmt " has at 8 how many bytes are played in a second, and "data" the
// samples; its size may be 0 or 2^32 - 1 where the writer could not go back, or in RF64.
MediaTime wav_duration(MediaReader& in) {
    std::uint64_t bytes_per_second = 0;
    for (std::uint64_t at = 12; at + 8 <= in.size();) {
        const std::uint64_t body = at + 8;
        const std::uint64_t size = in.little_endian(at + 4, 4);
        if (in.has(at, "fmt ")) bytes_per_second = in.little_endian(body + 8, 4);
        if (in.has(at, "data")) {
            const std::uint64_t rest = in.size() - body;
            const std::uint64_t played = size == 0 ? rest : std::min(size, rest);
            return media_time(static_cast<double>(played), static_cast<double>(bytes_per_second));
        }
        at = body + size + size % 2;
    }
    return std::nullopt;
}

// AVI begins "RIFF", size, "AVI ", "LIST", size, "hdrl", "avih", size, and then: microseconds a
// picture (4 bytes at 0), how many pictures (4 at 16).
MediaTime avi_duration(MediaReader& in) {
    if (!in.has(12, "LIST") || !in.has(20, "hdrlavih")) return std::nullopt;
    constexpr std::uint64_t kHeader = 32;
    const std::uint64_t microseconds = in.little_endian(kHeader, 4);
    const std::uint64_t pictures = in.little_endian(kHeader + 16, 4);
    return media_time(static_cast<double>(microseconds * pictures), 1e6);
}

}  // namespace netlab::problem4
