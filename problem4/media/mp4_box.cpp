// SPDX-License-Identifier: MIT
#include "problem4/media/mp4_box.hpp"

#include <algorithm>

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kHeader = 8;
constexpr std::uint64_t kLongHeader = 16;

}  // namespace

bool Box::is(std::string_view name) const noexcept {
    std::uint64_t wanted = 0;
    for (const char letter : name) wanted = wanted << 8 | static_cast<unsigned char>(letter);
    return type == wanted;
}

std::optional<Box> box_at(MediaReader& in, std::uint64_t at, std::uint64_t end) {
    if (at > end || end - at < kHeader) return std::nullopt;
    Box box{at, at + kHeader, at + in.big_endian(at, 4), in.big_endian(at + 4, 4)};
    if (box.size() == 1 && end - at >= kLongHeader) {
        const std::uint64_t size = in.big_endian(box.body, 8);
        if (size > end - at) return std::nullopt;
        box.body = at + kLongHeader;
        box.end = at + size;
    } else if (box.size() == 0 && (box.is("mdat") || box.is("moov"))) {
        box.end = in.size();
    }
    if (box.end < box.body || box.end > end) return std::nullopt;
    return box;
}

bool is_mp4(MediaReader& in) {
    static constexpr std::string_view kFirst[] = {"ftyp", "styp", "moov", "moof", "mdat",
                                                  "wide", "free", "skip", "pnot"};
    const auto first = box_at(in, 0, in.size());
    return first && std::ranges::any_of(kFirst, [&](auto type) { return first->is(type); });
}

bool walk_boxes(MediaReader& in, std::uint64_t begin, std::uint64_t end,
                const std::function<void(const Box&)>& visit) {
    static constexpr std::string_view kRows[] = {"trak", "mdia", "minf", "stbl"};
    while (const auto box = box_at(in, begin, end)) {
        visit(*box);
        const bool is_row = std::ranges::any_of(kRows, [&](auto type) { return box->is(type); });
        begin = is_row ? box->body : box->end;
    }
    return end - begin < kHeader;
}

}  // namespace netlab::problem4
