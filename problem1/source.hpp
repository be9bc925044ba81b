// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/checksum.hpp"
#include "common/chunking.hpp"
#include "common/file_descriptor.hpp"
#include "common/io.hpp"

namespace netlab::problem1 {

// The file that a client sends, read in large blocks and handed out in pieces of up to 1 MiB. Its
// size is what it was at the start: what is appended later is not sent, and a file that shrinks is
// an error.
class Source {
  public:
    // Throws SystemError, or std::runtime_error unless it is a regular file.
    explicit Source(const std::string& path);
    // For a simulation: of any size, in memory.
    Source(std::string name, Bytes content);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    // The name that it has at the server: the last part of its path.
    [[nodiscard]] const std::string& name() const { return name_; }
    // The bytes of a range, valid until the next call. Throws SystemError, std::runtime_error if
    // the file has shrunk, and Interrupted.
    [[nodiscard]] Bytes read(ByteRange range);
    // The CRC-32C of the whole file. Reads what read() has not yet given in order.
    [[nodiscard]] std::uint32_t crc();

  private:
    std::string path_;
    std::string name_;
    FileDescriptor fd_;
    std::uint64_t size_ = 0;
    std::vector<std::byte> block_;
    std::uint64_t block_offset_ = 0;
    Crc32c crc_;
    std::uint64_t crc_end_ = 0;  // crc_ covers the bytes before this offset
};

}  // namespace netlab::problem1
