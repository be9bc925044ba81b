// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "problem4/media/media_reader.hpp"

// An MP4 (ISO/IEC 14496-12, "ISO base media file format") is a row of boxes, and many boxes are
// rows of boxes again. A box begins with its size (4 bytes, the whole box; 1: 8 bytes of size
// follow the type; 0: up to the end of the file, of `mdat` and `moov` alone) and its type (4
// letters).

namespace netlab::problem4 {

struct Box {
    std::uint64_t begin = 0;
    std::uint64_t body = 0;  // behind size and type
    std::uint64_t end = 0;
    std::uint64_t type = 0;

    [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
    [[nodiscard]] bool is(std::string_view name) const noexcept;
};

// The box at `at` in a row that ends at `end`; nullopt at the end of the row, or if the size is
// none that a box there can have. Throws ProtocolError (media_reader.hpp).
std::optional<Box> box_at(MediaReader& in, std::uint64_t at, std::uint64_t end);

// Whether a file begins as one (QuickTime's MOV is meant as well).
bool is_mp4(MediaReader& in);

// Visits each box of a row and, behind a box that leads to the tables of a track, those in it.
// False if something else than boxes stands there.
bool walk_boxes(MediaReader& in, std::uint64_t begin, std::uint64_t end,
                const std::function<void(const Box&)>& visit);

}  // namespace netlab::problem4
