// SPDX-License-Identifier: MIT
#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kSampleRates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                          22050, 16000, 12000, 11025, 8000,  7350};
constexpr std::uint64_t kSamplesAFrame = 1024;
constexpr int kMaxFrames = 2000;  // 40 seconds or so are enough for an average

}  // namespace

bool is_adts_frame(MediaReader& in, std::uint64_t at) {
    return at + 7 <= in.size() && (in.big_endian(at, 2) & 0xFFF6) == 0xFFF0;
}

// Frames of AAC in a row, and no word of how many. Their header (ISO/IEC 13818-7), from the top:
// sync (12 bits), version (1), 0 (2), no checksum (1), profile (2), sample rate (4), private (1),
// channels (3), four flags, size of the frame (13), ...
MediaTime adts_duration(MediaReader& in, std::uint64_t begin) {
    std::uint64_t at = begin;
    double seconds = 0;
    for (int frames = 0; frames < kMaxFrames && is_adts_frame(in, at); ++frames) {
        const std::uint64_t header = in.big_endian(at, 7);
        const std::uint64_t rate = header >> 34 & 15;
        const std::uint64_t size = header >> 13 & 0x1FFF;
        if (rate >= std::size(kSampleRates) || size < 7) return std::nullopt;
        seconds += static_cast<double>(kSamplesAFrame) / static_cast<double>(kSampleRates[rate]);
        at += size;
    }
    const double counted = static_cast<double>(at - begin);
    return media_time(seconds * static_cast<double>(in.size() - begin), counted);
}

}  // namespace netlab::problem4
