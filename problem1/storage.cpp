// SPDX-License-Identifier: MIT
#include "problem1/storage.hpp"

#include <stdexcept>
#include <utility>

#include "common/atomic_file.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kWriteSize = 256 * 1024;

}  // namespace

Upload::Upload(std::unique_ptr<StoredFile> file, std::uint64_t offset)
    : file_(std::move(file)), buffer_offset_(offset) {}

void Upload::write(Bytes bytes, std::uint64_t offset) {
    const bool adjacent = offset == buffer_offset_ + buffer_.size();
    if (!adjacent || buffer_.size() >= kWriteSize) {
        flush();
        buffer_offset_ = offset;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (crc_end_ == offset) {
        crc_.update(bytes);
        crc_end_ += bytes.size();
    }
}

void Upload::flush() {
    if (buffer_.empty()) return;
    file_->write_at(buffer_, buffer_offset_);
    buffer_offset_ += buffer_.size();
    buffer_.clear();
}

std::uint64_t Upload::kept() const noexcept {
    try {
        return file_ ? file_->size() : 0;
    } catch (const std::exception&) {
        return 0;  // nobody knows
    }
}

// What did not come in order is read back.
std::uint32_t Upload::crc() const {
    Crc32c crc = crc_;
    std::vector<std::byte> block(kWriteSize);
    std::uint64_t offset = crc_end_;
    if (offset == file_->size()) return crc.value();
    while (const std::size_t got = file_->read_at(block, offset)) {
        crc.update(Bytes(block).first(got));
        offset += got;
    }
    return crc.value();
}

std::optional<ErrorInfo> Upload::commit(std::uint32_t expected) noexcept {
    try {
        flush();
        if (crc() != expected) {
            return ErrorInfo{ErrorInfo::Code::wrong_checksum, "the checksum of the file is wrong",
                             kept()};
        }
        file_->commit();
        file_.reset();
        return std::nullopt;
    } catch (const NotDurable& error) {
        return ErrorInfo{ErrorInfo::Code::failed, error.what()};
    } catch (const std::exception& error) {
        return ErrorInfo{ErrorInfo::Code::failed, error.what(), kept()};
    }
}

}  // namespace netlab::problem1
