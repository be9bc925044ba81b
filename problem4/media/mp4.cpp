// SPDX-License-Identifier: MIT
//
// An MP4 (ISO/IEC 14496-12, "ISO base media file format") is a row of boxes, and many boxes are
// rows of boxes again. Moved to the front, its index (the box `moov`) pushes the media (`mdat`)
// back by its own size, and it names every chunk of media by its offset in the file, in tables
// (`stco`, 4 bytes an offset, or `co64`, 8 bytes): these offsets grow by as much.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "problem4/media/media.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kHeader = 8;
constexpr std::uint64_t kMaxIndex = 16 * 1024 * 1024;

// Begins with its size (4 bytes, the whole box; 1: 8 bytes of size follow the type; 0: up to the
// end of the file, of `mdat` and `moov` alone) and its type (4 letters).
struct Box {
    std::uint64_t begin = 0;
    std::uint64_t body = 0;  // behind size and type
    std::uint64_t end = 0;
    std::string type;
};

// The box at `at` in a row that ends at `end`; nullopt at the end of the row, or if the size is
// none that a box there can have.
std::optional<Box> box_at(MediaReader& in, std::uint64_t at, std::uint64_t end) {
    if (at > end || end - at < kHeader) return std::nullopt;
    const std::string type(as_text(in.view(at + 4, 4)));
    std::uint64_t size = in.big_endian(at, 4);
    std::uint64_t header = kHeader;
    if (size == 1 && end - at >= 2 * kHeader) {
        size = in.big_endian(at + kHeader, 8);
        header = 2 * kHeader;
    } else if (size == 0 && (type == "mdat" || type == "moov")) {
        size = in.size() - at;
    }
    if (size < header || size > end - at) return std::nullopt;
    return Box{at, at + header, at + size, type};
}

// The first box of that type in a row.
std::optional<Box> find_box(MediaReader& in, std::uint64_t at, std::uint64_t end,
                            std::string_view type) {
    auto box = box_at(in, at, end);
    while (box && box->type != type) box = box_at(in, box->end, end);
    return box;
}

[[noreturn]] void refuse(const std::string& why) {
    throw MediaError("an MP4 that cannot be played while it arrives: " + why +
                     "; rearrange it with: ffmpeg -i IN -c copy -movflags +faststart OUT");
}

// A table's body: version and flags (4 bytes), the number of offsets (4), the offsets. Those that
// lie in `moved` grow by `distance`.
template <typename Offset>
void move_offsets(MutableBytes table, const ByteRange& moved, std::uint64_t distance) {
    if (table.size() < 8) return;
    const std::uint64_t room = (table.size() - 8) / sizeof(Offset);
    const std::uint64_t told = load_big_endian<std::uint32_t>(&table[4]);
    for (std::uint64_t i = 0; i < std::min(told, room); ++i) {
        std::byte* const entry = &table[8 + i * sizeof(Offset)];
        const std::uint64_t chunk = load_big_endian<Offset>(entry);
        if (chunk < moved.offset || chunk - moved.offset >= moved.length) continue;
        if (chunk + distance > std::numeric_limits<Offset>::max()) {
            refuse("its media would lie beyond 4 GiB");
        }
        store_big_endian(entry, static_cast<Offset>(chunk + distance));
    }
}

// What lay between the index's new place and its old one (`moved`) is pushed back by the index.
ByteSource rearranged(ByteSource file, const ByteRange& moved, std::vector<std::byte> index) {
    const std::uint64_t file_size = file.size;
    auto read_at = [file = std::move(file), moved, index = std::move(index)](std::uint64_t offset,
                                                                             MutableBytes buffer) {
        const std::uint64_t index_end = moved.offset + index.size();
        const std::uint64_t moved_end = index_end + moved.length;
        std::size_t done = 0;
        for (const std::uint64_t end : {moved.offset, index_end, moved_end, UINT64_MAX}) {
            const std::uint64_t at = offset + done;
            const std::uint64_t size = at < end ? std::min(buffer.size() - done, end - at) : 0;
            if (size == 0) continue;
            const MutableBytes part = buffer.subspan(done, size);
            std::size_t got = size;
            if (end == index_end) {
                std::copy_n(&index[at - moved.offset], size, part.begin());
            } else {
                got = file.read_at(end == moved_end ? at - index.size() : at, part);
            }
            done += got;
            if (got < size) break;
        }
        return done;
    };
    return {file_size, std::move(read_at)};
}

}  // namespace

bool is_mp4(MediaReader& in) {
    static constexpr std::string_view kFirst[] = {"ftyp", "styp", "moov", "moof", "mdat",
                                                  "wide", "free", "skip", "pnot"};
    const auto first = box_at(in, 0, in.size());
    return first && std::ranges::find(kFirst, first->type) != std::end(kFirst);
}

// `moov` holds `mvhd`: version (1 byte), flags (3), two dates, units in a second (4 bytes), and the
// duration in those units, of which all ones and 0 stand for "not known". Dates and duration have 8
// bytes in version 1, else 4. A recording in fragments says 0.
MediaTime mp4_duration(MediaReader& in) {
    const auto index = find_box(in, 0, in.size(), "moov");
    const auto header = index ? find_box(in, index->body, index->end, "mvhd") : std::nullopt;
    if (!header) return {};
    const bool wide = in.big_endian(header->body, 1) == 1;
    const std::uint64_t at = header->body + (wide ? 20 : 12);
    const std::uint64_t units = in.big_endian(at + 4, wide ? 8 : 4);
    if (units == (wide ? UINT64_MAX : UINT32_MAX)) return {};
    return media_time(units, in.big_endian(at, 4));
}

ByteSource index_first(ByteSource file) try {
    MediaReader in(file);
    if (!is_mp4(in)) return file;
    const auto index = find_box(in, 0, in.size(), "moov");
    if (!index) {
        throw MediaError(
            "an MP4 without its index (moov): the recording or the copy was never finished");
    }
    if (find_box(in, 0, index->begin, "moof")) refuse("its index is behind fragments");
    const auto media = find_box(in, 0, index->begin, "mdat");
    if (!media) return file;
    if (in.big_endian(index->begin, 4) == 0) refuse("its index does not tell its own size");

    const ByteRange moved{media->begin, index->begin - media->begin};
    const std::uint64_t size = index->end - index->begin;
    if (size > kMaxIndex) throw ProtocolError("index too large");
    std::vector<std::byte> content(size);
    if (file.read_at(index->begin, content) < size) throw ProtocolError("file has shrunk");

    for (std::uint64_t at = index->body; index->end - at >= kHeader;) {
        const auto box = box_at(in, at, index->end);
        if (!box) refuse("its index is damaged");
        if (box->type == "cmov") refuse("its index is compressed");
        if (box->type == "saio") refuse("it is encrypted");
        const MutableBytes body =
            MutableBytes(content).subspan(box->body - index->begin, box->end - box->body);
        if (box->type == "stco") move_offsets<std::uint32_t>(body, moved, size);
        if (box->type == "co64") move_offsets<std::uint64_t>(body, moved, size);
        // Those that lead to the tables of a track.
        static constexpr std::string_view kRows[] = {"trak", "mdia", "minf", "stbl"};
        const bool is_row = std::ranges::find(kRows, box->type) != std::end(kRows);
        at = is_row ? box->body : box->end;
    }
    return rearranged(std::move(file), moved, std::move(content));
} catch (const ProtocolError&) {
    refuse("its index is too large or damaged");
}

}  // namespace netlab::problem4
