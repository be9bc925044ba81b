// SPDX-License-Identifier: MIT
#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kPageHeader = 27;
constexpr std::uint64_t kLargestPage = 65307;
constexpr std::uint64_t kNoGranule = UINT64_MAX;

// RFC 3533, section 6: "OggS", version, flags (2: a stream begins), granule position (8 bytes at 6,
// little-endian: in audio, how many samples have been played at the end of this page), serial
// number of the stream (4 at 14), number of segments (1 at 26), their sizes (1 each), segments.
struct Page {
    std::uint64_t body = 0;
    std::uint64_t end = 0;
    bool begins_stream = false;
    std::uint64_t granule = 0;
    std::uint64_t serial = 0;
};

std::optional<Page> page_at(MediaReader& in, std::uint64_t at) {
    if (!in.has(at, "OggS")) return std::nullopt;
    Page page;
    page.begins_stream = (in.big_endian(at + 5, 1) & 2) != 0;
    page.granule = in.little_endian(at + 6, 8);
    page.serial = in.little_endian(at + 14, 4);
    const std::uint64_t segments = in.big_endian(at + 26, 1);
    page.body = at + kPageHeader + segments;
    page.end = page.body;
    for (std::uint64_t i = 0; i < segments; ++i) {
        page.end += in.big_endian(at + kPageHeader + i, 1);
    }
    return page;
}

struct AudioStream {
    std::uint64_t serial = 0;
    std::uint64_t rate = 0;  // units of the granule position in a second
};

std::optional<AudioStream> audio_stream(MediaReader& in, const Page& page) {
    if (in.has(page.body, "OpusHead")) return AudioStream{page.serial, 48000};
    if (in.has(page.body, "\x01vorbis")) {
        return AudioStream{page.serial, in.little_endian(page.body + 12, 4)};
    }
    if (in.has(page.body,
               "\x7F"
               "FLAC")) {
        return AudioStream{page.serial, in.big_endian(page.body + 27, 4) >> 12};
    }
    return std::nullopt;
}

// The last position of a stream: the file's last pages are looked for from a place where one of
// them is sure to begin.
std::uint64_t last_granule(MediaReader& in, std::uint64_t serial, std::uint64_t begin) {
    std::uint64_t last = 0;
    if (in.size() > begin + 2 * kLargestPage) begin = in.size() - 2 * kLargestPage;
    for (std::uint64_t at = begin; at + kPageHeader <= in.size();) {
        const auto page = page_at(in, at);
        if (page && page->serial == serial && page->granule != kNoGranule) last = page->granule;
        at = page && page->end <= in.size() ? page->end : at + 1;
    }
    return last;
}

}  // namespace

MediaTime ogg_duration(MediaReader& in) {
    std::optional<AudioStream> audio;
    std::uint64_t at = 0;
    auto page = page_at(in, at);
    for (; page && page->begins_stream; page = page_at(in, at)) {
        if (!audio) audio = audio_stream(in, *page);
        at = page->end;
    }
    if (!audio) return std::nullopt;

    // A recording of a radio stream does not begin at 0. A page holds a second or so at most.
    std::uint64_t first = 0;
    const std::uint64_t headers_end = at;
    for (; page && first == 0; page = page_at(in, at)) {
        if (page->serial == audio->serial && page->granule != kNoGranule) first = page->granule;
        at = page->end;
    }
    if (first < 2 * audio->rate) first = 0;
    const std::uint64_t last = last_granule(in, audio->serial, headers_end);
    if (last < first) return std::nullopt;
    return media_time(static_cast<double>(last - first), static_cast<double>(audio->rate));
}

}  // namespace netlab::problem4
