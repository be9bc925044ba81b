// SPDX-License-Identifier: MIT
#include "problem4/media/mp4_rearrangement.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kMaxIndex = 16 * 1024 * 1024;

[[noreturn]] void refuse(const std::string& why) {
    throw MediaError("an MP4 that cannot be played while it arrives: " + why +
                     "; rearrange it with: ffmpeg -i IN -c copy -movflags +faststart OUT");
}

}  // namespace

std::optional<Mp4Rearrangement> Mp4Rearrangement::plan(const ByteSource& file) try {
    MediaReader in(file);
    if (!is_mp4(in)) return std::nullopt;
    std::optional<Box> index;
    std::optional<Box> media;  // the first of it
    bool fragments = false;    // in front of the index
    for (std::uint64_t at = 0; !index;) {
        const auto box = box_at(in, at, in.size());
        if (!box) {
            throw MediaError(
                "an MP4 without its index (moov): the recording or the copy was never finished");
        }
        if (box->is("moov")) index = box;
        if (box->is("moof")) fragments = true;
        if (box->is("mdat") && !media) media = box;
        at = box->end;
    }
    if (fragments) refuse("its index is behind fragments");
    if (!media) return std::nullopt;
    if (in.big_endian(index->begin, 4) == 0) refuse("its index does not tell its own size");

    Mp4Rearrangement plan(file, media->begin, *index);
    const bool whole = walk_boxes(in, index->body, index->end, [&](const Box& box) {
        if (box.is("cmov")) refuse("its index is compressed");
        if (box.is("saio")) refuse("it is encrypted");
        if (box.is("stco")) plan.move_offsets<std::uint32_t>(box);
        if (box.is("co64")) plan.move_offsets<std::uint64_t>(box);
    });
    if (!whole) refuse("its index is damaged");
    return plan;
} catch (const ProtocolError&) {
    refuse("its index is too large or damaged");
}

Mp4Rearrangement::Mp4Rearrangement(const ByteSource& file, std::uint64_t media_begin,
                                   const Box& index)
    : media_begin_(media_begin), index_begin_(index.begin) {
    if (index.size() > kMaxIndex) throw ProtocolError("index too large");
    index_.resize(index.size());
    if (file.read_at(index_begin_, index_) < index_.size()) throw ProtocolError("index cut short");
}

// A table's body: version and flags (4 bytes), the number of offsets (4), the offsets. What lay
// between the index's new place and its old one is pushed back by the index.
template <typename Offset>
void Mp4Rearrangement::move_offsets(const Box& table) {
    if (table.end - table.body < 8) return;
    std::byte* entry = &index_[table.body - index_begin_] + 8;
    const std::uint64_t room = (table.end - table.body - 8) / sizeof(Offset);
    std::uint64_t count = std::min<std::uint64_t>(load_big_endian<std::uint32_t>(entry - 4), room);
    for (; count > 0; --count, entry += sizeof(Offset)) {
        std::uint64_t chunk = load_big_endian<Offset>(entry);
        if (chunk < media_begin_ || chunk >= index_begin_) continue;
        chunk += index_.size();
        if (chunk > std::numeric_limits<Offset>::max()) refuse("its media would lie beyond 4 GiB");
        store_big_endian(entry, static_cast<Offset>(chunk));
    }
}

std::size_t Mp4Rearrangement::read_at(const ByteSource& file, std::uint64_t offset,
                                      MutableBytes buffer) const {
    const std::uint64_t index_end = media_begin_ + index_.size();
    std::size_t done = 0;
    for (std::size_t got = 1; got > 0 && done < buffer.size(); done += got, offset += got) {
        const MutableBytes rest = buffer.subspan(done);
        const auto up_to = [&](std::uint64_t end) {
            return rest.first(std::min<std::uint64_t>(rest.size(), end - offset));
        };
        if (offset < media_begin_) {
            got = file.read_at(offset, up_to(media_begin_));
        } else if (offset < index_end) {
            const MutableBytes part = up_to(index_end);
            std::copy_n(&index_[offset - media_begin_], part.size(), part.begin());
            got = part.size();
        } else if (offset < index_begin_ + index_.size()) {
            got = file.read_at(offset - index_.size(), up_to(index_begin_ + index_.size()));
        } else {
            got = file.read_at(offset, rest);
        }
    }
    return done;
}

}  // namespace netlab::problem4
