// SPDX-License-Identifier: MIT
#include "problem4/media_info.hpp"

#include "common/error.hpp"
#include "problem4/media_parsers.hpp"
#include "problem4/mp4_box.hpp"

namespace netlab::problem4 {

namespace {

// Players look for the first frame of MPEG audio in about as much.
constexpr std::uint64_t kLongestLead = 65536;

// A duration at which less than this is played in a second is a lie; to believe it would be to
// send for ever.
constexpr double kSlowest = 16;

// ID3v2 tags, which stand in front of some MP3, ADTS and FLAC files: "ID3", version (2 bytes),
// flags (1, of which 0x10 announces 10 bytes behind the tag), size (4 bytes of 7 bits each).
std::uint64_t skip_id3(MediaReader& in) {
    std::uint64_t at = 0;
    while (in.has(at, "ID3")) {
        std::uint64_t size = 0;
        for (std::uint64_t i = 6; i < 10; ++i) size = size << 7 | (in.big_endian(at + i, 1) & 0x7F);
        const bool footer = (in.big_endian(at + 5, 1) & 0x10) != 0;
        at += 10 + size + (footer ? 10 : 0);
    }
    return at;
}

// The first frame from `at` on; some files have zeros in front of it.
std::optional<std::uint64_t> find_mp3_frame(MediaReader& in, std::uint64_t at) {
    const std::uint64_t end = std::min(at + kLongestLead, in.size());
    while (at + 4 <= end && !is_mp3_frame(in, at)) ++at;
    if (at + 4 > end) return std::nullopt;
    return at;
}

bool is_wav(MediaReader& in) {
    const bool riff = in.has(0, "RIFF") || in.has(0, "RF64") || in.has(0, "BW64");
    return riff && in.has(8, "WAVE");
}

void probe(MediaReader& in, MediaInfo& info) {
    const auto found = [&](std::string_view container, auto duration) {
        info.container = container;
        info.duration = duration();
    };
    if (is_wav(in)) return found("wav", [&] { return wav_duration(in); });
    if (in.has(0, "RIFF") && in.has(8, "AVI ")) {
        return found("avi", [&] { return avi_duration(in); });
    }
    if (in.has(0, "OggS")) return found("ogg", [&] { return ogg_duration(in); });
    if (in.has(0, "\x1A\x45\xDF\xA3")) {
        return found("matroska", [&] { return matroska_duration(in); });
    }
    if (is_ts(in)) return found("mpegts", [&] { return ts_duration(in); });
    if (looks_like_mp4(in)) return found("mp4", [&] { return mp4_duration(in); });

    const std::uint64_t begin = skip_id3(in);
    if (in.has(begin, "fLaC")) return found("flac", [&] { return flac_duration(in, begin); });
    if (is_adts_frame(in, begin)) return found("adts", [&] { return adts_duration(in, begin); });
    if (const auto frame = find_mp3_frame(in, begin)) {
        return found("mp3", [&] { return mp3_duration(in, *frame); });
    }
}

}  // namespace

MediaTime media_time(double count, double per_second) {
    const double microseconds = count / per_second * 1e6;
    if (!(microseconds >= 1 && microseconds < 1e15)) return std::nullopt;  // 1e15: 31 years
    return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

MediaInfo probe_media(const ByteSource& source) {
    MediaReader in(source);
    MediaInfo info{.container = "unknown"};
    try {
        probe(in, info);
    } catch (const ProtocolError&) {
        // Cut short: what it is may be known, how long it plays is not.
    }
    if (info.duration) {
        const double seconds = std::chrono::duration<double>(*info.duration).count();
        if (static_cast<double>(source.size()) < kSlowest * seconds) info.duration.reset();
    }
    return info;
}

}  // namespace netlab::problem4
