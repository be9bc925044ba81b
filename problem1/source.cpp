// SPDX-License-Identifier: MIT
#include "problem1/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "common/file_name.hpp"
#include "common/signals.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kBlockSize = 1024 * 1024;

}  // namespace

SourceFile::SourceFile(const std::string& path)
    : path_(path),
      name_(std::filesystem::path(path).filename().string()),
      // O_NONBLOCK: opening a FIFO must not wait for a writer.
      fd_(open_file(path, O_RDONLY | O_NONBLOCK)) {
    const struct stat status = status_of(fd_, path);
    if (S_ISDIR(status.st_mode)) throw std::runtime_error(path + ": is a directory");
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path + ": is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
}

void SourceFile::load(std::uint64_t offset) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBlockSize, size_ - offset));
    if (signal_received()) throw Interrupted();  // a whole file, for its checksum, takes long
    block_.resize(wanted);
    block_offset_ = offset;
    if (read_at(fd_, block_, offset, path_) < wanted) {
        throw std::runtime_error(path_ + ": has shrunk while it was sent");
    }
}

Bytes SourceFile::read(ByteRange range) {
    const std::uint64_t block_end = block_offset_ + block_.size();
    if (range.offset < block_offset_ || range.offset + range.length > block_end) {
        load(range.offset);
    }
    const Bytes bytes = Bytes(block_).subspan(range.offset - block_offset_, range.length);
    if (range.offset == crc_end_) {
        crc_.update(bytes);
        crc_end_ += range.length;
    }
    return bytes;
}

std::uint32_t SourceFile::crc() {
    while (crc_end_ < size_) {
        static_cast<void>(read({crc_end_, std::min<std::uint64_t>(kBlockSize, size_ - crc_end_)}));
    }
    return crc_.value();
}

}  // namespace netlab::problem1
