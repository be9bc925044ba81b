// SPDX-License-Identifier: MIT
#include "problem4/media/mp4_rearrangement.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "problem4/media/mp4_box.hpp"

namespace netlab::problem4 {

namespace {

constexpr std::uint64_t kMaxIndex = 16 * 1024 * 1024;

[[noreturn]] void refuse(const std::string& why) {
    throw MediaError("an MP4 that cannot be played while it arrives: " + why +
                     "; rearrange it with: ffmpeg -i IN -c copy -movflags +faststart OUT");
}

class RearrangedMp4 : public ByteSource {
  public:
    RearrangedMp4(std::unique_ptr<ByteSource> file, std::uint64_t media_begin, const Box& index)
        : file_(std::move(file)), media_begin_(media_begin), index_begin_(index.begin) {
        if (index.size() > kMaxIndex) throw ProtocolError("index too large");
        index_.resize(index.size());
        if (file_->read_at(index_begin_, index_) < index_.size()) {
            throw ProtocolError("index cut short");
        }
    }

    // A table's body: version and flags (4 bytes), the number of offsets (4), the offsets. What
    // lay between the index's new place and its old one is pushed back by the index.
    template <typename Offset>
    void move_offsets(const Box& table) {
        if (table.end - table.body < 8) return;
        std::byte* entry = &index_[table.body - index_begin_] + 8;
        const std::uint64_t room = (table.end - table.body - 8) / sizeof(Offset);
        auto count = std::min<std::uint64_t>(load_big_endian<std::uint32_t>(entry - 4), room);
        for (; count > 0; --count, entry += sizeof(Offset)) {
            std::uint64_t chunk = load_big_endian<Offset>(entry);
            if (chunk < media_begin_ || chunk >= index_begin_) continue;
            chunk += index_.size();
            if (chunk > std::numeric_limits<Offset>::max()) {
                refuse("its media would lie beyond 4 GiB");
            }
            store_big_endian(entry, static_cast<Offset>(chunk));
        }
    }

    [[nodiscard]] std::uint64_t size() const override { return file_->size(); }

    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        const std::uint64_t index_end = media_begin_ + index_.size();
        std::size_t done = 0;
        for (std::size_t got = 1; got > 0 && done < buffer.size(); done += got, offset += got) {
            const MutableBytes rest = buffer.subspan(done);
            const auto up_to = [&](std::uint64_t end) {
                return rest.first(std::min<std::uint64_t>(rest.size(), end - offset));
            };
            if (offset < media_begin_) {
                got = file_->read_at(offset, up_to(media_begin_));
            } else if (offset < index_end) {
                const MutableBytes part = up_to(index_end);
                std::copy_n(&index_[offset - media_begin_], part.size(), part.begin());
                got = part.size();
            } else if (offset < index_begin_ + index_.size()) {
                got = file_->read_at(offset - index_.size(), up_to(index_begin_ + index_.size()));
            } else {
                got = file_->read_at(offset, rest);
            }
        }
        return done;
    }

  private:
    std::unique_ptr<ByteSource> file_;
    std::uint64_t media_begin_;  // where the index goes
    std::uint64_t index_begin_;  // where it is in the file
    std::vector<std::byte> index_;
};

}  // namespace

std::unique_ptr<ByteSource> index_first(std::unique_ptr<ByteSource> file) try {
    MediaReader in(*file);
    if (!is_mp4(in)) return file;
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
    if (!media) return file;
    if (in.big_endian(index->begin, 4) == 0) refuse("its index does not tell its own size");

    auto rearranged = std::make_unique<RearrangedMp4>(std::move(file), media->begin, *index);
    const bool whole = walk_boxes(in, index->body, index->end, [&](const Box& box) {
        if (box.is("cmov")) refuse("its index is compressed");
        if (box.is("saio")) refuse("it is encrypted");
        if (box.is("stco")) rearranged->move_offsets<std::uint32_t>(box);
        if (box.is("co64")) rearranged->move_offsets<std::uint64_t>(box);
    });
    if (!whole) refuse("its index is damaged");
    return rearranged;
} catch (const ProtocolError&) {
    refuse("its index is too large or damaged");
}

}  // namespace netlab::problem4
