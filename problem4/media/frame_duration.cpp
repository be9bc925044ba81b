// SPDX-License-Identifier: MIT
//
// Audio without a container: frames in a row, each with a header.
#include "problem4/media/durations.hpp"

namespace netlab::problem4 {

namespace {

// Bits of an MP3 frame's header, from the top (ISO/IEC 11172-3): sync (11), version (2: 0 is MPEG
// 2.5, 2 MPEG 2, 3 MPEG 1), layer (2: 1 is layer 3), no checksum (1), bit rate (4), sample rate
// (2), padding (1), private (1), channel mode (2: 3 is mono), ...
struct Frame {
    std::uint64_t bits_per_second = 0;
    std::uint64_t sample_rate = 0;
    std::uint64_t samples = 0;
    std::uint64_t size = 0;              // bytes, with the header
    std::uint64_t side_information = 0;  // bytes behind the header
};

constexpr std::uint16_t kKilobits[2][15] = {
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},      // MPEG 2 and 2.5
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},  // MPEG 1
};
constexpr std::uint32_t kSampleRates[3] = {44100, 48000, 32000};  // halved in MPEG 2, again in 2.5
constexpr std::uint64_t kSameInAll = 0xFFFE0C00;  // sync, version, layer, sample rate

std::optional<Frame> mp3_frame(std::uint64_t header) {
    const std::uint64_t version = header >> 19 & 3;
    const std::uint64_t bit_rate = header >> 12 & 15;  // 0: "free", which tells nothing
    const std::uint64_t sample_rate = header >> 10 & 3;
    if (header >> 21 != 0x7FF || version == 1 || (header >> 17 & 3) != 1) return std::nullopt;
    if (bit_rate == 0 || bit_rate == 15 || sample_rate == 3) return std::nullopt;

    const bool mpeg1 = version == 3;
    const bool mono = (header >> 6 & 3) == 3;
    Frame frame;
    frame.bits_per_second = std::uint64_t{1000} * kKilobits[mpeg1 ? 1 : 0][bit_rate];
    frame.sample_rate = kSampleRates[sample_rate] >> (version == 0 ? 2 : 3 - version);
    frame.samples = mpeg1 ? 1152 : 576;
    frame.size = frame.samples / 8 * frame.bits_per_second / frame.sample_rate + (header >> 9 & 1);
    frame.side_information = mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17);
    return frame;
}

constexpr std::uint64_t kMaxLead = 65536;  // players look for the first frame in about as much

constexpr std::uint64_t kAdtsSampleRates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                              22050, 16000, 12000, 11025, 8000,  7350};
constexpr double kAdtsSamples = 1024;  // a frame
constexpr int kMaxAdtsFrames = 2000;   // 40 seconds or so are enough for an average

// Whether a frame stands there, with two more of its kind behind it unless the file ends before.
bool is_mp3_frame(MediaReader& in, std::uint64_t at) {
    const std::uint64_t first = in.big_endian(at, 4);
    for (int frames = 0; frames < 3; ++frames) {
        if (at + 4 > in.size()) return frames > 0;
        const std::uint64_t header = in.big_endian(at, 4);
        const auto frame = mp3_frame(header);
        if (!frame || ((header ^ first) & kSameInAll) != 0) return false;
        at += frame->size;
    }
    return true;
}

bool is_adts_frame(MediaReader& in, std::uint64_t at) {
    return at + 7 <= in.size() && (in.big_endian(at, 2) & 0xFFF6) == 0xFFF0;
}

}  // namespace

// Begins at the first frame: some files have zeros in front of it.
bool is_mp3(MediaReader& in) {
    for (std::uint64_t at = 0; at < kMaxLead && at + 4 <= in.size(); ++at) {
        if (!is_mp3_frame(in, at)) continue;
        in.begin_at(at);
        return true;
    }
    return false;
}

// Encoders that vary the bit rate write into the first frame how many there are: behind its side
// information "Xing" or "Info", flags (4 bytes, of which bit 0 announces the number), the number.
MediaTime mp3_duration(MediaReader& in) {
    const auto frame = mp3_frame(in.big_endian(0, 4));
    if (!frame) return std::nullopt;
    const std::uint64_t xing = 4 + frame->side_information;
    if ((in.has(xing, "Xing") || in.has(xing, "Info")) && (in.big_endian(xing + 4, 4) & 1) != 0) {
        return media_time(in.big_endian(xing + 8, 4) * frame->samples, frame->sample_rate);
    }
    return media_time(8 * in.size(), frame->bits_per_second);
}

bool is_adts(MediaReader& in) {
    return is_adts_frame(in, 0);
}

// AAC, and no word of how many frames. Their header (ISO/IEC 13818-7), from the top: sync (12
// bits), version (1), 0 (2), no checksum (1), profile (2), sample rate (4), private (1), channels
// (3), four flags, size of the frame (13), ...
MediaTime adts_duration(MediaReader& in) {
    std::uint64_t at = 0;
    double seconds = 0;
    for (int frames = 0; frames < kMaxAdtsFrames && is_adts_frame(in, at); ++frames) {
        const std::uint64_t header = in.big_endian(at, 7);
        const std::uint64_t rate = header >> 34 & 15;
        const std::uint64_t size = header >> 13 & 0x1FFF;
        if (rate >= std::size(kAdtsSampleRates) || size < 7) return std::nullopt;
        seconds += kAdtsSamples / static_cast<double>(kAdtsSampleRates[rate]);
        at += size;
    }
    return media_time(seconds * static_cast<double>(in.size()), at);
}

}  // namespace netlab::problem4
