// SPDX-License-Identifier: MIT
//
// Containers that tell the time again and again: the last one less the first.
#include <algorithm>

#include "problem4/media/durations.hpp"

namespace netlab::problem4 {

namespace {

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

}  // namespace

MediaTime ogg_duration(MediaReader& in) {
    std::uint64_t rate = 0;
    std::uint64_t serial = 0;
    auto page = page_at(in, 0);
    for (; page && page->begins_stream; page = page_at(in, page->end)) {
        if (rate != 0) continue;
        rate = audio_rate(in, *page);
        serial = page->serial;
    }

    // A recording of a radio stream does not begin at 0. A page holds a second or so at most.
    std::uint64_t first = 0;
    for (; page && first == 0; page = page_at(in, page->end)) {
        if (page->serial == serial) first = page->granule;
    }
    if (first < 2 * rate) first = 0;

    // The last page begins within what two of the largest take.
    std::uint64_t last = 0;
    std::uint64_t at = in.size() - std::min(in.size(), 2 * kMaxPage);
    while (at + kPageHeader <= in.size()) {
        page = page_at(in, at);
        if (page && page->serial == serial && page->granule != 0) last = page->granule;
        at = page && page->end <= in.size() ? page->end : at + 1;
    }
    return last < first ? std::nullopt : media_time(last - first, rate);
}

namespace {

constexpr std::uint64_t kPacket = 188;
constexpr std::uint64_t kSync = 0x47;
constexpr std::uint64_t kSearched = 1 << 19;  // bytes at each end
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

}  // namespace

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
    if (!first) return std::nullopt;

    ClockReference last = *first;
    std::uint64_t at = first->at;
    if (in.size() - at > kSearched) at += (in.size() - at - kSearched) / kPacket * kPacket;
    for (; at + kPacket <= in.size(); at += kPacket) {
        const auto next = clock_at(in, at);
        if (next && next->pid == first->pid) last = *next;
    }

    // What lies before the first and behind the last one plays as fast as what lies between them.
    const std::uint64_t ticks = (last.clock - first->clock) % kClockWrap;
    const double share = static_cast<double>(last.at - first->at) / static_cast<double>(in.size());
    return media_time(ticks, share * kClockRate);
}

}  // namespace netlab::problem4
