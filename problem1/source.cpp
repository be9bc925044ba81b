// SPDX-License-Identifier: MIT
#include "problem1/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "common/signals.hpp"

namespace netlab::problem1 {

constexpr std::size_t kBlockSize = 1024 * 1024;

Source::Source(const std::string& path)
    : path_(path),
      name_(std::filesystem::path(path).filename().string()),
      // O_NONBLOCK: opening a FIFO must not wait for a writer.
      fd_(open_file(path, O_RDONLY | O_NONBLOCK)) {
    const struct stat status = status_of(fd_, path);
    if (S_ISDIR(status.st_mode)) throw std::runtime_error(path + ": is a directory");
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path + ": is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
}

Source::Source(std::string name, Bytes content)
    : name_(std::move(name)), size_(content.size()), block_(content.begin(), content.end()) {}

Bytes Source::read(ByteRange range) {
    const std::uint64_t block_end = block_offset_ + block_.size();
    if (range.offset < block_offset_ || range.offset + range.length > block_end) {
        if (signal_received()) throw Interrupted();  // a whole file, for its checksum, takes long
        block_offset_ = range.offset;
        block_.resize(std::min<std::uint64_t>(kBlockSize, size_ - range.offset));
        if (read_at(fd_, block_, range.offset, path_) < block_.size()) {
            throw std::runtime_error(path_ + ": has shrunk while it was sent");
        }
    }
    const Bytes bytes = Bytes(block_).subspan(range.offset - block_offset_, range.length);
    if (range.offset == crc_end_) {
        crc_.update(bytes);
        crc_end_ += range.length;
    }
    return bytes;
}

std::uint32_t Source::crc() {
    while (crc_end_ < size_) {
        static_cast<void>(read({crc_end_, std::min<std::uint64_t>(kBlockSize, size_ - crc_end_)}));
    }
    return crc_.value();
}

}  // namespace netlab::problem1
