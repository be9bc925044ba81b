// SPDX-License-Identifier: MIT
#include "problem4/media/mp4_rearrangement.hpp"

#include <algorithm>
#include <string>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::size_t kMaxTables = 1024;  // one for each track
constexpr std::uint64_t kMaxWidth = 8;

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
    for (auto box = box_at(in, 0, in.size()); box && !index;
         box = box_at(in, box->end, in.size())) {
        if (box->is("moov")) index = box;
        if (box->is("moof")) fragments = true;
        if (box->is("mdat") && !media) media = box;
    }
    if (!index) {
        throw MediaError(
            "an MP4 without its index (moov): the recording or the copy was never finished");
    }
    if (fragments) refuse("its index is behind fragments");
    if (!media) return std::nullopt;
    if (in.big_endian(index->begin, 4) == 0) refuse("its index does not tell its own size");

    Mp4Rearrangement plan(media->begin, *index);
    const bool whole = walk_boxes(in, index->body, index->end, [&](const Box& box) {
        if (box.is("cmov")) refuse("its index is compressed");
        if (box.is("saio")) refuse("it is encrypted");
        if (box.is("stco") || box.is("co64")) plan.add_table(in, box);
    });
    if (!whole) refuse("its index is damaged");
    return plan;
} catch (const ProtocolError&) {
    refuse("its index is too large or damaged");
}

// Its body: version and flags (4 bytes), the number of offsets (4), the offsets.
void Mp4Rearrangement::add_table(MediaReader& in, const Box& box) {
    if (tables_.size() == kMaxTables) refuse("it has too many tracks");
    if (box.end - box.body < 8) return;
    const std::size_t width = box.is("co64") ? 8 : 4;
    const std::uint64_t begin = box.body + 8;
    const std::uint64_t count = std::min(in.big_endian(begin - 4, 4), (box.end - begin) / width);
    tables_.push_back({begin, begin + count * width, width});

    // In a file just below 4 GiB the offsets may grow beyond what 4 bytes hold.
    if (width > 4 || index_.end <= UINT32_MAX) return;
    for (std::uint64_t at = begin; at < tables_.back().end; at += width) {
        if (moved(in.big_endian(at, width)) > UINT32_MAX)
            refuse("its media would lie beyond 4 GiB");
    }
}

// What lay between the index's new place and its old one is pushed back by the index.
std::uint64_t Mp4Rearrangement::moved(std::uint64_t chunk) const {
    return chunk >= media_begin_ && chunk < index_.begin ? chunk + index_.size() : chunk;
}

std::size_t Mp4Rearrangement::read_at(const ByteSource& file, std::uint64_t offset,
                                      MutableBytes buffer) const {
    std::size_t done = 0;
    while (done < buffer.size() && offset + done < file.size()) {
        const Extent extent = extent_at(offset + done);
        MutableBytes part = buffer.subspan(done);
        part = part.first(std::min<std::uint64_t>(part.size(), extent.length));
        const bool index = extent.in_file >= index_.begin && extent.in_file < index_.end;
        const std::size_t got =
            index ? read_index(file, extent.in_file, part) : file.read_at(extent.in_file, part);
        done += got;
        if (got < part.size()) break;
    }
    return done;
}

// Where in the file the bytes from `offset` on are, and how many of them are in a row there.
Mp4Rearrangement::Extent Mp4Rearrangement::extent_at(std::uint64_t offset) const {
    const std::uint64_t index_ends = media_begin_ + index_.size();
    if (offset < media_begin_) return {offset, media_begin_ - offset};
    if (offset < index_ends) return {index_.begin + (offset - media_begin_), index_ends - offset};
    if (offset < index_.end) return {offset - index_.size(), index_.end - offset};
    return {offset, UINT64_MAX};
}

// A datagram may begin and end in the midst of an offset: reads a few bytes more at both sides, so
// that every offset in question is there as a whole.
std::size_t Mp4Rearrangement::read_index(const ByteSource& file, std::uint64_t at,
                                         MutableBytes buffer) const {
    const std::uint64_t begin = std::max(index_.begin, at - std::min(at, kMaxWidth - 1));
    const std::uint64_t end = std::min(index_.end, at + buffer.size() + kMaxWidth - 1);
    std::vector<std::byte> bytes(end - begin);
    bytes.resize(file.read_at(begin, bytes));
    for (const auto& [first, last, width] : tables_) {
        const std::uint64_t skipped = begin <= first ? 0 : (begin - first + width - 1) / width;
        const std::uint64_t stop = std::min(last, begin + bytes.size());
        for (std::uint64_t entry = first + skipped * width; entry + width <= stop; entry += width) {
            correct(&bytes[entry - begin], width);
        }
    }
    const Bytes wanted = Bytes(bytes).subspan(std::min<std::size_t>(at - begin, bytes.size()));
    const Bytes copied = wanted.first(std::min(wanted.size(), buffer.size()));
    std::ranges::copy(copied, buffer.begin());
    return copied.size();
}

void Mp4Rearrangement::correct(std::byte* entry, std::size_t width) const {
    if (width == 8) {
        store_big_endian(entry, moved(load_big_endian<std::uint64_t>(entry)));
    } else {
        const std::uint64_t chunk = moved(load_big_endian<std::uint32_t>(entry));
        store_big_endian(entry, static_cast<std::uint32_t>(chunk));
    }
}

}  // namespace netlab::problem4
