// SPDX-License-Identifier: MIT
#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

namespace {

// Bits of a frame's header, from the top (ISO/IEC 11172-3): sync (11), version (2), layer (2), no
// checksum (1), bit rate (4), sample rate (2), padding (1), private (1), channel mode (2), ...
struct Frame {
    int version = 1;  // 2 stands for MPEG 2 and 2.5, which have the same tables
    int layer = 3;
    bool mono = false;
    std::uint64_t bits_per_second = 0;
    std::uint64_t sample_rate = 0;
    std::uint64_t samples = 0;
    std::uint64_t size = 0;  // bytes, with the header
};

constexpr std::uint16_t kKilobits[5][15] = {
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},  // version 1, layer 1
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},     // layer 2
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},      // layer 3
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},     // version 2, layer 1
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},          // layers 2 and 3
};
constexpr std::uint32_t kSameInAll = 0xFFFE0C00;  // sync, version, layer, sample rate
constexpr std::uint16_t kSampleRates[3] = {44100, 48000, 32000};  // halved in MPEG 2, again in 2.5

std::optional<Frame> parse_frame(std::uint32_t header) {
    const std::uint32_t version = header >> 19 & 3;  // 0: 2.5, 2: 2, 3: 1
    const std::uint32_t layer = header >> 17 & 3;    // 1: layer 3, 2: layer 2, 3: layer 1
    const std::uint32_t bit_rate = header >> 12 & 15;
    const std::uint32_t sample_rate = header >> 10 & 3;
    const bool sync = header >> 21 == 0x7FF;
    if (!sync || version == 1 || layer == 0 || sample_rate == 3) return std::nullopt;
    if (bit_rate == 0 || bit_rate == 15) return std::nullopt;  // 0: "free", which tells nothing

    Frame frame;
    frame.version = version == 3 ? 1 : 2;
    frame.layer = static_cast<int>(4 - layer);
    frame.mono = (header >> 6 & 3) == 3;
    const int table = frame.version == 1 ? frame.layer - 1 : frame.layer == 1 ? 3 : 4;
    frame.bits_per_second = std::uint64_t{1000} * kKilobits[table][bit_rate];
    frame.sample_rate = std::uint64_t{kSampleRates[sample_rate]} >> (version == 3   ? 0
                                                                     : version == 2 ? 1
                                                                                    : 2);
    const bool half = frame.version == 2 && frame.layer == 3;
    frame.samples = frame.layer == 1 ? 384 : half ? 576 : 1152;
    const std::uint64_t slot = frame.layer == 1 ? 4 : 1;
    const std::uint64_t slots =
        frame.samples / 8 / slot * frame.bits_per_second / frame.sample_rate + (header >> 9 & 1);
    frame.size = slots * slot;
    return frame;
}

// How many frames there are, as encoders that vary the bit rate write it into the first one: behind
// its side information "Xing" or "Info", flags (4 bytes, of which bit 0 announces the number), and
// the number.
std::uint64_t told_frames(MediaReader& in, std::uint64_t begin, const Frame& frame) {
    const std::uint64_t side_information =
        frame.version == 1 ? (frame.mono ? 17 : 32) : (frame.mono ? 9 : 17);
    const std::uint64_t xing = begin + 4 + side_information;
    const bool told = in.has(xing, "Xing") || in.has(xing, "Info");
    return told && (in.big32(xing + 4) & 1) != 0 ? in.big32(xing + 8) : 0;
}

}  // namespace

bool is_mp3_frame(MediaReader& in, std::uint64_t at) {
    const std::uint32_t first = in.big32(at);
    for (int frames = 0; frames < 3; ++frames) {
        if (at + 4 > in.size()) return frames > 0;
        const std::uint32_t header = in.big32(at);
        const auto frame = parse_frame(header);
        if (!frame || (header & kSameInAll) != (first & kSameInAll)) return false;
        at += frame->size;
    }
    return true;
}

MediaTime mp3_duration(MediaReader& in, std::uint64_t begin) {
    const auto frame = parse_frame(in.big32(begin));
    if (!frame) return std::nullopt;
    if (const std::uint64_t frames = told_frames(in, begin, *frame); frames > 0) {
        return media_time(static_cast<double>(frames * frame->samples),
                          static_cast<double>(frame->sample_rate));
    }
    std::uint64_t end = in.size();
    if (end >= begin + 128 && in.has(end - 128, "TAG")) end -= 128;  // ID3v1
    return media_time(8.0 * static_cast<double>(end - begin),
                      static_cast<double>(frame->bits_per_second));
}

}  // namespace netlab::problem4
