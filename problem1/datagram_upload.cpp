// SPDX-License-Identifier: MIT
#include "problem1/datagram_upload.hpp"

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

// Where in the file a frame's bytes belong: a chunk's number tells, a line says so itself.
ByteRange DatagramUpload::place_of(const Frame& frame) const {
    const bool lines = info_.has(StartInfo::kLines);
    if (frame.sequence == 0 || frame.sequence > info_.chunk_count ||
        lines != (frame.type == FrameType::line)) {
        throw ProtocolError("a chunk that this file does not have");
    }
    ByteRange place;
    if (lines) {
        WireReader in(frame.payload);
        place.offset = in.u64();
        place.length = in.left();
        if (place.offset > info_.file_size || place.length > info_.file_size - place.offset) {
            throw ProtocolError("a line beyond the end of the file");
        }
    } else {
        place = FixedChunks(info_.file_size, info_.chunk_size).range(frame.sequence);
        if (frame.payload.size() != place.length) throw ProtocolError("a chunk of a wrong size");
    }
    return place;
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
    std::string text;
    const bool lines = info_.has(StartInfo::kLines);
    const auto ranges = chunks_.missing(kMaxLines + 1);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (i == kMaxLines) return text + "missing: and more\n";
        const auto& [first, last] = ranges[i];
        text += std::string("missing ") + (lines ? "line" : "chunk") +
                (first == last ? " " : "s ") + std::to_string(first);
        if (first != last) text += "-" + std::to_string(last);
        if (!lines) {
            const FixedChunks chunks(info_.file_size, info_.chunk_size);
            const ByteRange end = chunks.range(last);
            text += ": bytes " + std::to_string(chunks.range(first).offset) + ".." +
                    std::to_string(end.offset + end.length - 1);
        }
        text += '\n';
    }
    return text;
}

}  // namespace netlab::problem1
