// SPDX-License-Identifier: MIT
#include "problem1/datagram_upload.hpp"

#include <iterator>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

bool ChunkSet::insert(std::uint64_t number) {
    // Most come behind all others: no search.
    const bool at_end = runs_.empty() || runs_.rbegin()->first <= number;
    const auto after = at_end ? runs_.end() : runs_.upper_bound(number);
    const auto before = after == runs_.begin() ? runs_.end() : std::prev(after);
    if (before != runs_.end() && number <= before->second) return false;

    ++arrived_;
    std::uint64_t last = number;
    if (after != runs_.end() && after->first == number + 1) {
        last = after->second;
        runs_.erase(after);
    }
    if (before != runs_.end() && before->second + 1 == number) {
        before->second = last;
    } else {
        runs_.emplace(number, last);
    }
    return true;
}

std::vector<ChunkRange> ChunkSet::missing(std::size_t max_ranges) const {
    std::vector<ChunkRange> ranges;
    std::uint64_t next = 1;
    for (const auto& [first, last] : runs_) {
        if (ranges.size() == max_ranges) return ranges;
        if (next < first) ranges.push_back({next, first - 1});
        next = last + 1;
    }
    if (next <= count_ && ranges.size() < max_ranges) ranges.push_back({next, count_});
    return ranges;
}

// Where in the file a frame's bytes belong: a chunk's number tells, a line says so itself.
ByteRange DatagramUpload::place_of(const Frame& frame) const {
    const bool lines = info_.has(StartInfo::kLines);
    if (frame.sequence == 0 || frame.sequence > info_.chunk_count ||
        lines != (frame.type == FrameType::line)) {
        throw ProtocolError("a chunk that this file does not have");
    }
    if (!lines) {
        const ByteRange place = info_.chunks().range(frame.sequence);
        if (frame.payload.size() != place.length) throw ProtocolError("a chunk of a wrong size");
        return place;
    }
    WireReader in(frame.payload);
    const std::uint64_t offset = in.u64();
    if (offset > info_.file_size || in.left() > info_.file_size - offset) {
        throw ProtocolError("a line beyond the end of the file");
    }
    return {offset, in.left()};
}

void DatagramUpload::on_chunk(const Frame& frame) {
    const ByteRange place = place_of(frame);
    if (!chunks_.insert(frame.sequence)) {
        ++duplicates_;
        return;
    }
    upload_.write(frame.payload.last(place.length), place.offset);
}

std::string DatagramUpload::missing_lines() const {
    const bool lines = info_.has(StartInfo::kLines);
    std::string text;
    std::size_t count = 0;
    for (const auto& [first, last] : chunks_.missing(kMaxLines + 1)) {
        if (++count > kMaxLines) return text + "missing: and more\n";
        text += std::string("missing ") + (lines ? "line" : "chunk") +
                (first == last ? " " : "s ") + std::to_string(first);
        if (first != last) text += "-" + std::to_string(last);
        if (!lines) {
            const ByteRange end = info_.chunks().range(last);
            text += ": bytes " + std::to_string(info_.chunks().range(first).offset) + ".." +
                    std::to_string(end.offset + end.length - 1);
        }
        text += '\n';
    }
    return text;
}

}  // namespace netlab::problem1
