// SPDX-License-Identifier: MIT
//
// Containers whose header tells how long they play.
#include <algorithm>
#include <bit>

#include "problem4/media/durations.hpp"
#include "problem4/media/mp4_box.hpp"

namespace netlab::problem4 {

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
    return std::nullopt;
}

// AVI begins "RIFF", size, "AVI ", "LIST", size, "hdrl", "avih", size, and then: microseconds a
// picture (4 bytes at 0), how many pictures (4 at 16).
MediaTime avi_duration(MediaReader& in) {
    if (!in.has(12, "LIST") || !in.has(20, "hdrlavih")) return std::nullopt;
    return media_time(in.little_endian(32, 4) * in.little_endian(48, 4), 1'000'000);
}

// RFC 9639, section 8.2: the first block is STREAMINFO (type 0, behind a header of 4 bytes), and
// has at 10: sample rate (20 bits), channels (3), bits a sample (5), number of samples (36; 0 if it
// is not known).
MediaTime flac_duration(MediaReader& in) {
    if ((in.big_endian(4, 1) & 0x7F) != 0) return std::nullopt;
    const std::uint64_t fields = in.big_endian(18, 8);
    return media_time(fields & 0xFFFFFFFFF, fields >> 44);
}

namespace {

constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kInfo = 0x1549A966;
constexpr std::uint64_t kCluster = 0x1F43B675;  // media
constexpr std::uint64_t kTimestampScale = 0x2AD7B1;
constexpr std::uint64_t kDuration = 0x4489;

struct Element {
    std::uint64_t id = 0;
    std::uint64_t body = 0;
    std::uint64_t size = 0;
};

// RFC 8794: a file is a row of elements, as are some elements again: number, size, body. Number and
// size have 1 to 8 bytes, one more than the first of them has leading zeros; the 1 bit behind these
// is a part of the number, but not of the size.
std::optional<Element> element_at(MediaReader& in, std::uint64_t at) {
    const auto length_at = [&](std::uint64_t where) {
        const auto first = static_cast<std::uint8_t>(in.big_endian(where, 1));
        return static_cast<std::size_t>(std::countl_zero(first)) + 1;
    };
    if (at >= in.size()) return std::nullopt;
    const std::size_t id_length = length_at(at);
    const std::uint64_t size_at = at + id_length;
    const std::size_t size_length = length_at(size_at);
    if (id_length > 4 || size_length > 8) return std::nullopt;

    Element element{in.big_endian(at, id_length), size_at + size_length, 0};
    const std::uint64_t unknown = (std::uint64_t{1} << 7 * size_length) - 1;
    element.size = in.big_endian(size_at, size_length) & unknown;
    const std::uint64_t rest = in.size() - element.body;
    if (element.size == unknown || element.size > rest) element.size = rest;
    return element;
}

double float_of(MediaReader& in, const Element& element) {
    const std::uint64_t bits = in.big_endian(element.body, element.size == 4 ? 4 : 8);
    if (element.size == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    return element.size == 8 ? std::bit_cast<double>(bits) : 0;
}

}  // namespace

// RFC 9559: a head, and a Segment, in which Info stands in front of the first Cluster.
MediaTime matroska_duration(MediaReader& in) {
    double scale = 1e6;  // nanoseconds a unit
    double duration = 0;
    std::uint64_t at = 0;
    while (const auto element = element_at(in, at)) {
        at = element->body + element->size;
        if (element->id == kCluster) break;
        if (element->id == kSegment || element->id == kInfo) at = element->body;
        if (element->id == kDuration) duration = float_of(in, *element);
        if (element->id == kTimestampScale && element->size <= 8) {
            scale = static_cast<double>(in.big_endian(element->body, element->size));
        }
    }
    return media_time(duration * scale, 1e9);
}

// `moov` holds `mvhd`: version (1 byte), flags (3), two dates, units in a second (4 bytes), and the
// duration in those units, of which all ones and 0 stand for "not known". Dates and duration have 8
// bytes in version 1, else 4. A recording in fragments says 0.
MediaTime mp4_duration(MediaReader& in) {
    MediaTime duration;
    const auto read_header = [&](const Box& box) {
        if (!box.is("mvhd")) return;
        const bool wide = in.big_endian(box.body, 1) == 1;
        const std::uint64_t at = box.body + (wide ? 20 : 12);
        const std::uint64_t units = in.big_endian(at + 4, wide ? 8 : 4);
        if (units == (wide ? UINT64_MAX : UINT32_MAX)) return;
        duration = media_time(units, in.big_endian(at, 4));
    };
    for (auto box = box_at(in, 0, in.size()); box; box = box_at(in, box->end, in.size())) {
        if (box->is("moov")) walk_boxes(in, box->body, box->end, read_header);
    }
    return duration;
}

}  // namespace netlab::problem4
