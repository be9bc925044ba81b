// SPDX-License-Identifier: MIT
#include "problem4/mp4_rearrangement.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::size_t kMaxTables = 1024;  // one for each track
constexpr std::size_t kWidest = 8;

[[noreturn]] void refuse(const std::string& why) {
    throw MediaError("an MP4 that cannot be played while it arrives: " + why +
                     "; rearrange it with: ffmpeg -i IN -c copy -movflags +faststart OUT");
}

// Where the index is, where the first media, and whether there are fragments in front of the index.
struct Outline {
    std::optional<Box> index{};
    std::optional<Box> media{};
    bool fragments = false;
};

Outline outline_of(MediaReader& in) {
    Outline found;
    for (std::uint64_t at = 0; !found.index;) {
        const auto box = box_at(in, at, in.size());
        if (!box) break;
        if (box->is("moov")) found.index = box;
        if (box->is("moof")) found.fragments = true;
        if (box->is("mdat") && !found.media) found.media = box;
        at = box->end;
    }
    return found;
}

}  // namespace

std::optional<Mp4Rearrangement> Mp4Rearrangement::plan(const ByteSource& file) try {
    MediaReader in(file);
    if (!looks_like_mp4(in)) return std::nullopt;
    const auto [index, media, fragments] = outline_of(in);
    if (!index) {
        throw MediaError(
            "an MP4 without its index (moov): the recording or the copy was never finished");
    }
    if (fragments) refuse("its index is behind fragments");
    if (!media) return std::nullopt;
    if (in.big32(index->begin) == 0) refuse("its index does not tell its own size");
    Mp4Rearrangement plan(media->begin, *index);
    plan.find_tables(in);
    return plan;
} catch (const ProtocolError&) {
    refuse("its index is too large or damaged");
}

void Mp4Rearrangement::find_tables(MediaReader& in) {
    static constexpr std::string_view kCompressed[] = {"cmov"};
    for_each_below(in, index_, kCompressed, [](const Box&) { refuse("its index is compressed"); });

    static constexpr std::string_view kSampleTable[] = {"trak", "mdia", "minf", "stbl"};
    for_each_below(in, index_, kSampleTable, [&](const Box& samples) {
        for_each_box(in, samples.body, samples.end, [&](const Box& box) {
            if (box.is("saio")) refuse("it is encrypted");
            if (box.is("stco") || box.is("co64")) add_table(in, box);
        });
    });
}

// Its body: version and flags (4 bytes), the number of offsets (4), the offsets.
void Mp4Rearrangement::add_table(MediaReader& in, const Box& box) {
    if (tables_.size() == kMaxTables) refuse("it has too many tracks");
    if (box.end - box.body < 8) return;
    const std::size_t width = box.is("co64") ? 8 : 4;
    const std::uint64_t begin = box.body + 8;
    const std::uint64_t count =
        std::min<std::uint64_t>(in.big32(box.body + 4), (box.end - begin) / width);
    const OffsetTable table{begin, begin + count * width, width};
    check_table(in, table);
    tables_.push_back(table);
}

// In a file just below 4 GiB the offsets may grow beyond what 4 bytes hold.
void Mp4Rearrangement::check_table(MediaReader& in, const OffsetTable& table) const {
    if (table.width > 4 || index_.end <= UINT32_MAX) return;
    for (std::uint64_t at = table.begin; at < table.end; at += table.width) {
        if (moved(in.big32(at)) > UINT32_MAX) refuse("its media would lie beyond 4 GiB");
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
    const std::uint64_t begin = at - std::min<std::uint64_t>(kWidest - 1, at - index_.begin);
    const std::uint64_t end = std::min(at + buffer.size() + kWidest - 1, index_.end);
    std::vector<std::byte> bytes(end - begin);
    bytes.resize(file.read_at(begin, bytes));
    for (const OffsetTable& table : tables_) correct(table, begin, bytes);

    const Bytes wanted = Bytes(bytes).subspan(std::min<std::size_t>(at - begin, bytes.size()));
    const Bytes copied = wanted.first(std::min(wanted.size(), buffer.size()));
    std::copy(copied.begin(), copied.end(), buffer.begin());
    return copied.size();
}

// Corrects the offsets of a table that lie whole in `bytes`, which are at `at` in the file.
void Mp4Rearrangement::correct(const OffsetTable& table, std::uint64_t at,
                               MutableBytes bytes) const {
    const std::uint64_t skipped =
        at <= table.begin ? 0 : (at - table.begin + table.width - 1) / table.width;
    const std::uint64_t end = std::min(table.end, at + bytes.size());
    for (std::uint64_t entry = table.begin + skipped * table.width; entry + table.width <= end;
         entry += table.width) {
        std::byte* const field = &bytes[entry - at];
        if (table.width == 4) {
            const auto chunk = moved(load_big_endian<std::uint32_t>(field));
            store_big_endian(field, static_cast<std::uint32_t>(chunk));
        } else {
            store_big_endian(field, moved(load_big_endian<std::uint64_t>(field)));
        }
    }
}

}  // namespace netlab::problem4
