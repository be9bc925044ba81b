// SPDX-License-Identifier: MIT
#include "problem1/datagram_upload.hpp"

#include <stdexcept>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kWriteSize = 1024 * 1024;

}  // namespace

DatagramUpload::DatagramUpload(const ReceiveOptions& options, StartInfo info)
    : options_(options),
      info_(std::move(info)),
      chunks_(info_.chunk_count),
      file_(open_announced(info_, options, AtomicFile::Start::from_scratch)) {}

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
    const bool adjacent = place.offset == buffer_offset_ + buffer_.size();
    if (!adjacent || buffer_.size() >= kWriteSize) {
        write_pending();
        buffer_offset_ = place.offset;
    }
    const Bytes content = frame.payload.last(place.length);
    buffer_.insert(buffer_.end(), content.begin(), content.end());
}

void DatagramUpload::write_pending() {
    file_.write_at(buffer_, buffer_offset_);
    buffer_offset_ += buffer_.size();
    buffer_.clear();
}

void DatagramUpload::commit(std::uint32_t crc) {
    write_pending();
    if (file_.crc() != crc) throw std::runtime_error("the checksum of the file is wrong");
    file_.commit(!options_.no_overwrite);
}

std::string DatagramUpload::missing_lines() const {
    std::string text;
    const bool lines = info_.has(StartInfo::kLines);
    for (const ChunkRange& range : chunks_.missing()) {
        const bool one = range.first == range.last;
        text += std::string("missing ") + (lines ? "line" : "chunk") + (one ? " " : "s ") +
                std::to_string(range.first);
        if (!one) text += "-" + std::to_string(range.last);
        if (!lines) {
            const FixedChunks chunks(info_.file_size, info_.chunk_size);
            const ByteRange last = chunks.range(range.last);
            text += ": bytes " + std::to_string(chunks.range(range.first).offset) + ".." +
                    std::to_string(last.offset + last.length - 1);
        }
        text += '\n';
    }
    return text;
}

}  // namespace netlab::problem1
