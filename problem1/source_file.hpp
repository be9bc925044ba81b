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

// The file that a client sends, read in large blocks and handed out in pieces of any size. Its size
// is what it was at the start: what is appended later is not sent, and a file that shrinks is an
// error.
class SourceFile {
  public:
    // Throws SystemError, or std::runtime_error unless it is a regular file.
    explicit SourceFile(const std::string& path);

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // The name that it has at the server: the last part of its path.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // The bytes of a range (within a block of 1 MiB at most); valid until the next call. Throws
    // SystemError, or std::runtime_error where the file has shrunk.
    [[nodiscard]] Bytes read(ByteRange range);

    // The CRC-32 of the whole file. What has been read in order already counts; the rest is read.
    [[nodiscard]] std::uint32_t crc();

  private:
    void load(std::uint64_t offset);

    std::string path_;
    std::string name_;
    FileDescriptor fd_;
    std::uint64_t size_ = 0;
    std::vector<std::byte> block_;
    std::uint64_t block_offset_ = 0;
    Crc32 crc_;
    std::uint64_t crc_end_ = 0;  // crc_ covers the bytes before this offset
};

// "tcp_client: notes.txt: PROBLEM" on stderr, with the path once even where the problem names it.
void report_file(const char* program, const std::string& path, const std::string& problem);

}  // namespace netlab::problem1
