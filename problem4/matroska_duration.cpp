// SPDX-License-Identifier: MIT
#include <bit>

#include "problem4/media_parsers.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kInfo = 0x1549A966;
constexpr std::uint64_t kCluster = 0x1F43B675;  // the media begin
constexpr std::uint64_t kTimestampScale = 0x2AD7B1;
constexpr std::uint64_t kDuration = 0x4489;

// RFC 8794: a file is a row of elements, as are some elements again: number, size, body. Number and
// size have 1 to 8 bytes, as many as the first of them has leading zeros, and one; that first 1 bit
// is a part of the number, but not of the size.
struct Element {
    std::uint64_t id = 0;
    std::uint64_t body = 0;
    std::uint64_t size = 0;
};

std::size_t length_at(MediaReader& in, std::uint64_t at) {
    return 1 + static_cast<std::size_t>(
                   std::countl_zero(static_cast<std::uint8_t>(in.big_endian(at, 1))));
}

std::optional<Element> element_at(MediaReader& in, std::uint64_t at) {
    if (at >= in.size()) return std::nullopt;
    const std::size_t id_length = length_at(in, at);
    if (id_length > 4) return std::nullopt;
    const std::uint64_t size_at = at + id_length;
    const std::size_t size_length = length_at(in, size_at);
    if (size_length > 8) return std::nullopt;

    Element element{in.big_endian(at, id_length), size_at + size_length, 0};
    const std::uint64_t values = std::uint64_t{1} << 7 * size_length;
    element.size = in.big_endian(size_at, size_length) & (values - 1);
    const std::uint64_t rest = in.size() - element.body;
    if (element.size == values - 1 || element.size > rest) element.size = rest;  // unknown, or cut
    return element;
}

double float_of(MediaReader& in, const Element& element) {
    if (element.size == 4) return std::bit_cast<float>(in.big32(element.body));
    return element.size == 8 ? std::bit_cast<double>(in.big64(element.body)) : 0;
}

MediaTime info_duration(MediaReader& in, const Element& info) {
    double scale = 1e6;  // nanoseconds a unit
    double duration = 0;
    for (std::uint64_t at = info.body; at < info.body + info.size;) {
        const auto element = element_at(in, at);
        if (!element) break;
        if (element->id == kTimestampScale && element->size <= 8) {
            scale = static_cast<double>(in.big_endian(element->body, element->size));
        }
        if (element->id == kDuration) duration = float_of(in, *element);
        at = element->body + element->size;
    }
    return media_time(duration * scale, 1e9);
}

}  // namespace

// RFC 9559: a head, and a Segment, in which Info stands in front of the first Cluster.
MediaTime matroska_duration(MediaReader& in) {
    for (std::uint64_t at = 0;;) {
        const auto element = element_at(in, at);
        if (!element || element->id == kCluster) return std::nullopt;
        if (element->id == kInfo) return info_duration(in, *element);
        at = element->body + (element->id == kSegment ? 0 : element->size);
    }
}

}  // namespace netlab::problem4
