// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "problem4/media/media.hpp"
#include "tests/problem4/memory_source.hpp"

// Media files by hand: as small as they can be.

namespace netlab::problem4 {

inline std::string big(std::uint64_t value, int bytes = 4) {
    std::string out;
    while (bytes-- > 0) out += static_cast<char>(value >> 8 * bytes & 0xFF);
    return out;
}

inline std::string little(std::uint64_t value, int bytes = 4) {
    const std::string swapped = big(value, bytes);
    return {swapped.rbegin(), swapped.rend()};
}

inline std::string zeros(std::size_t count) {
    return std::string(count, '\0');
}

inline std::string box(const std::string& type, const std::string& body) {
    return big(8 + body.size()) + type + body;
}

// What every MP4 begins with.
inline const std::string kFileType = box("ftyp", "isom" + zeros(4));

// With its size in 8 bytes.
inline std::string long_box(const std::string& type, const std::string& body) {
    return big(1) + type + big(16 + body.size(), 8) + body;
}

// `mvhd` or `mdhd` up to the duration.
inline std::string time_header(const std::string& type, std::uint32_t timescale,
                               std::uint32_t duration) {
    return box(type, zeros(12) + big(timescale) + big(duration) + zeros(80));
}

inline MediaInfo probe_bytes(const std::string& bytes) {
    return probe_media(memory_source(as_bytes(bytes)));
}

// 0 where it is not known.
inline double probed_seconds(const std::string& bytes) {
    return std::chrono::duration<double>(probe_bytes(bytes).duration).count();
}

}  // namespace netlab::problem4
