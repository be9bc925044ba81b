// SPDX-License-Identifier: MIT
//
// How long a clip plays, by container: a header tells it, or the bit rate, or the media tell the
// time again and again (the last less the first). Each parser gets a file that begins like one of
// its kind, and otherwise trusts nothing: 0 if the file does not tell, or tells nonsense. They
// throw ProtocolError if it is cut short, SystemError if it cannot be read.
#include <algorithm>
#include <optional>

#include "problem4/media/media.hpp"

namespace netlab::problem4 {

namespace {

// RIFF (little-endian): "RIFF", size, "WAVE", then chunks: type (4 letters), size (4 bytes), body,
// padded to an even size. "fmt " has at 8 how many bytes are played in a second, and "data" the
// samples; its size may be 0 or 2^32 - 1 if the writer could not go back, or in RF64.
MediaTime wav_duration(MediaReader& in) {
    std::uint64_t rate = 0;
    for (std::uint64_t at = 12; at + 8 <= in.size();) {
        const std::uint64_t body = at + 8;
        const std::uint64_t size = in.little_endian(at + 4, 4);
        if (in.has(at, "fmt ")) rate = in.little_endian(body + 8, 4);
        if (in.has(at, "data")) {
            const std::uint64_t rest = in.size() - body;
            return media_time(size == 0 ? rest : std::min(size, rest), rate);
        }
        at = body + size + size % 2;
    }
    return {};
}

// RFC 9639, section 8.2: the first block is STREAMINFO (type 0, behind a header of 4 bytes), and
// has at 10: sample rate (20 bits), channels (3), bits a sample (5), number of samples (36; 0 if it
// is not known).
MediaTime flac_duration(MediaReader& in) {
    if ((in.big_endian(4, 1) & 0x7F) != 0) return {};
    const std::uint64_t fields = in.big_endian(18, 8);
    return media_time(fields & 0xFFFFFFFFF, fields >> 44);
}

constexpr std::uint16_t kKilobits[2][15] = {
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},      // MPEG 2 and 2.5
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},  // MPEG 1
};
constexpr std::uint32_t kSampleRates[3] = {44100, 48000, 32000};  // halved in MPEG 2, again in 2.5

struct Frame {
    std::uint64_t bits_per_second = 0;
    std::uint64_t sample_rate = 0;
    std::uint64_t samples = 0;
};

// Bits of an MP3 frame's header, from the top (ISO/IEC 11172-3): sync (11), version (2: 0 is MPEG
// 2.5, 2 MPEG 2, 3 MPEG 1), layer (2: 1 is layer 3), no checksum (1), bit rate (4), sample rate
// (2), ...
std::optional<Frame> mp3_frame(MediaReader& in) {
    const std::uint64_t header = in.big_endian(0, 4);
    const std::uint64_t version = header >> 19 & 3;
    const std::uint64_t bit_rate = header >> 12 & 15;  // 0: "free", which tells nothing
    const std::uint64_t sample_rate = header >> 10 & 3;
    if (header >> 21 != 0x7FF || version == 1 || (header >> 17 & 3) != 1) return std::nullopt;
    if (bit_rate == 0 || bit_rate == 15 || sample_rate == 3) return std::nullopt;

    const bool mpeg1 = version == 3;
    Frame frame;
    frame.bits_per_second = std::uint64_t{1000} * kKilobits[mpeg1 ? 1 : 0][bit_rate];
    frame.sample_rate = kSampleRates[sample_rate] >> (version == 0 ? 2 : 3 - version);
    frame.samples = mpeg1 ? 1152 : 576;
    return frame;
}

// Encoders that vary the bit rate write into the first frame how many there are: behind its side
// information (9, 17 or 32 bytes) "Xing" or "Info", flags (4 bytes, of which bit 0 announces the
// number), the number.
MediaTime mp3_duration(MediaReader& in) {
    const auto frame = mp3_frame(in);
    if (!frame) return {};
    for (const std::uint64_t at : {4U + 9U, 4U + 17U, 4U + 32U}) {
        if (!in.has(at, "Xing") && !in.has(at, "Info")) continue;
        if ((in.big_endian(at + 4, 4) & 1) == 0) continue;
        return media_time(in.big_endian(at + 8, 4) * frame->samples, frame->sample_rate);
    }
    return media_time(8 * in.size(), frame->bits_per_second);
}

constexpr std::uint64_t kPageHeader = 27;
constexpr std::uint64_t kMaxPage = 65307;

// RFC 3533, section 6: "OggS", version, flags (2: a stream begins), granule position (8 bytes at 6,
// little-endian: in audio, how many samples have been played at the end of this page; all ones:
// none), serial number of the stream (4 at 14), number of segments (1 at 26), their sizes (1 each),
// segments.
struct Page {
    std::uint64_t body = 0;
    std::uint64_t end = 0;
    bool begins_stream = false;
    std::uint64_t granule = 0;  // 0: none
    std::uint64_t serial = 0;
};

std::optional<Page> page_at(MediaReader& in, std::uint64_t at) {
    if (!in.has(at, "OggS")) return std::nullopt;
    Page page;
    page.begins_stream = (in.big_endian(at + 5, 1) & 2) != 0;
    page.granule = in.little_endian(at + 6, 8);
    if (page.granule == UINT64_MAX) page.granule = 0;
    page.serial = in.little_endian(at + 14, 4);
    const std::uint64_t segments = in.big_endian(at + 26, 1);
    page.end = page.body = at + kPageHeader + segments;
    for (std::uint64_t i = 0; i < segments; ++i) page.end += in.big_endian(at + kPageHeader + i, 1);
    return page;
}

// Units of the granule position in a second: 0 if this begins no audio that is known.
std::uint64_t audio_rate(MediaReader& in, const Page& page) {
    if (in.has(page.body, "OpusHead")) return 48000;
    return in.has(page.body, "\x01vorbis") ? in.little_endian(page.body + 12, 4) : 0;
}

MediaTime ogg_duration(MediaReader& in) {
    std::uint64_t rate = 0;
    std::uint64_t serial = 0;  // of the first audio
    std::uint64_t first = 0;
    auto page = page_at(in, 0);
    for (; page && (page->begins_stream || first == 0); page = page_at(in, page->end)) {
        if (page->begins_stream && rate == 0) {
            rate = audio_rate(in, *page);
            serial = page->serial;
        }
        if (page->serial == serial) first = page->granule;
    }
    // A recording of a radio stream does not begin at 0. A page holds a second or so at most.
    if (first < 2 * rate) first = 0;

    // The last page begins within what two of the largest take.
    std::uint64_t last = 0;
    std::uint64_t at = in.size() - std::min(in.size(), 2 * kMaxPage);
    while (at + kPageHeader <= in.size()) {
        page = page_at(in, at);
        if (page && page->serial == serial && page->granule != 0) last = page->granule;
        at = page ? page->end : at + 1;
    }
    return last < first ? MediaTime{} : media_time(last - first, rate);
}

constexpr std::uint64_t kPacket = 188;
constexpr std::uint64_t kSync = 0x47;
constexpr std::uint64_t kSearched = 1 << 19;  // bytes, for the first clock
constexpr double kClockRate = 90'000;
constexpr std::uint64_t kClockWrap = std::uint64_t{1} << 33;

// A program's clock, as it says itself every 100 ms or more often.
struct ClockReference {
    std::uint64_t at = 0;
    std::uint64_t pid = 0;
    std::uint64_t clock = 0;
};

// ISO/IEC 13818-1: sync, flags and PID (13 bits), flags (0x20: an adaptation field follows), its
// length, its flags (0x10: it has a PCR), PCR (33 bits of a 90 kHz clock, then finer ones).
std::optional<ClockReference> clock_at(MediaReader& in, std::uint64_t at) {
    if (in.big_endian(at, 1) != kSync || (in.big_endian(at + 3, 1) & 0x20) == 0) return {};
    if (in.big_endian(at + 4, 1) < 7 || (in.big_endian(at + 5, 1) & 0x10) == 0) return {};
    return ClockReference{at, in.big_endian(at + 1, 2) & 0x1FFF, in.big_endian(at + 6, 5) >> 7};
}

bool is_ts(MediaReader& in) {
    for (std::uint64_t i = 0; i < 4; ++i) {
        if (i * kPacket >= in.size()) return i > 1;
        if (in.big_endian(i * kPacket, 1) != kSync) return false;
    }
    return true;
}

MediaTime ts_duration(MediaReader& in) {
    std::optional<ClockReference> first;
    const std::uint64_t head = std::min(in.size(), kSearched);
    for (std::uint64_t at = 0; at + kPacket <= head && !first; at += kPacket) {
        first = clock_at(in, at);
    }
    if (!first) return {};

    // Ends at the first one itself, or at the MediaReader's limit.
    std::optional<ClockReference> last;
    for (std::uint64_t at = in.size() / kPacket * kPacket; !last || last->pid != first->pid;) {
        at -= kPacket;
        last = clock_at(in, at);
    }

    // What lies before the first and behind the last one plays as fast as what lies between them.
    const std::uint64_t ticks = (last->clock - first->clock) % kClockWrap;
    const double share = static_cast<double>(last->at - first->at) / static_cast<double>(in.size());
    return media_time(ticks, share * kClockRate);
}

struct Container {
    std::string_view name;
    bool (*is)(MediaReader&);
    MediaTime (*duration)(MediaReader&);
};

// Those come last that are recognized by the least. Of all others the player alone sets the pace.
constexpr Container kContainers[] = {
    {"wav", [](MediaReader& in) { return in.has(8, "WAVE"); }, wav_duration},
    {"ogg", [](MediaReader& in) { return in.has(0, "OggS"); }, ogg_duration},
    {"flac", [](MediaReader& in) { return in.has(0, "fLaC"); }, flac_duration},
    {"mpegts", is_ts, ts_duration},
    {"mp4", is_mp4, mp4_duration},
    {"mp3", [](MediaReader& in) { return mp3_frame(in).has_value(); }, mp3_duration},
};

// ID3v2 tags, in front of some MP3 and FLAC files: "ID3", version (2 bytes), flags (1), size
// (4 bytes of 7 bits each).
void skip_id3(MediaReader& in) {
    while (in.has(0, "ID3")) {
        std::uint64_t size = 0;
        for (std::uint64_t i = 6; i < 10; ++i) size = size << 7 | (in.big_endian(i, 1) & 0x7F);
        in.begin_at(10 + size);
    }
}

}  // namespace

MediaInfo probe_media(const ByteSource& source) {
    MediaReader in(source);
    MediaInfo info;
    try {
        skip_id3(in);
        for (const auto& [name, is, duration] : kContainers) {
            if (!is(in)) continue;
            info.container = name;
            info.duration = duration(in);
            break;
        }
    } catch (const ProtocolError&) {
        // Cut short: what it is may be known, how long it plays is not.
    }
    return info;
}

}  // namespace netlab::problem4
