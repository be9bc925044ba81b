// SPDX-License-Identifier: MIT
#include "problem1/datagram_upload.hpp"

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

bool ChunkSet::insert(std::uint64_t number) {
    const auto range = missing_.lower_bound(number);  // the first that ends there, or later
    if (range == missing_.end() || range->second > number) return false;
    ++arrived_;
    if (range->second < number) missing_.emplace_hint(range, number - 1, range->second);
    range->second = number + 1;
    if (range->first == number) missing_.erase(range);
    return true;
}

std::vector<ChunkRange> ChunkSet::missing(std::size_t max_ranges) const {
    std::vector<ChunkRange> ranges;
    for (const auto& [last, first] : missing_) {
        if (ranges.size() == max_ranges) break;
        ranges.push_back({first, last});
    }
    return ranges;
}

// Where in the file a frame's bytes belong: a chunk's number tells, a line says so itself.
ByteRange DatagramUpload::place_of(const Frame& frame) const {
    const bool lines = info.has(StartInfo::kLines);
    if (frame.sequence == 0 || frame.sequence > info.chunk_count ||
        lines != (frame.type == FrameType::line)) {
        throw ProtocolError("a chunk that this file does not have");
    }
    if (!lines) {
        const ByteRange place = info.chunks().range(frame.sequence);
        if (frame.payload.size() != place.length) throw ProtocolError("a chunk of a wrong size");
        return place;
    }
    WireReader in(frame.payload);
    const std::uint64_t offset = in.u64();
    if (offset > info.file_size || in.left() > info.file_size - offset) {
        throw ProtocolError("a line beyond the end of the file");
    }
    return {offset, in.left()};
}

void DatagramUpload::on_frame(const Frame& frame) {
    if (frame.type == FrameType::end) {
        end = EndInfo::decode(frame.payload);
        if (end->token == token) allowance = kNoLimit;
    } else if (frame.type == FrameType::data || frame.type == FrameType::line) {
        const ByteRange place = place_of(frame);
        if (chunks.insert(frame.sequence)) {
            upload->write(frame.payload.last(place.length), place.offset);
        } else {
            ++duplicates;
        }
    }
}

std::string DatagramUpload::missing_lines() const {
    const bool lines = info.has(StartInfo::kLines);
    std::string text;
    std::size_t count = 0;
    for (const auto& [first, last] : chunks.missing(kMaxLines + 1)) {
        if (++count > kMaxLines) return text + "missing: and more\n";
        text += std::string("missing ") + (lines ? "line" : "chunk") +
                (first == last ? " " : "s ") + std::to_string(first);
        if (first != last) text += "-" + std::to_string(last);
        if (!lines) {
            const ByteRange until = info.chunks().range(last);
            text += ": bytes " + std::to_string(info.chunks().range(first).offset) + ".." +
                    std::to_string(until.offset + until.length - 1);
        }
        text += '\n';
    }
    return text;
}

}  // namespace netlab::problem1
