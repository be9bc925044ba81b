// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/checksum.hpp"
#include "common/file_descriptor.hpp"
#include "problem1/source.hpp"

namespace netlab::problem1 {

// The file that a client sends, read in large blocks and handed out in pieces of any size. Its size
// is what it was at the start: what is appended later is not sent, and a file that shrinks is an
// error.
class SourceFile final : public Source {
  public:
    // Throws SystemError, or std::runtime_error unless it is a regular file.
    explicit SourceFile(const std::string& path);

    [[nodiscard]] std::uint64_t size() const override { return size_; }

    // The last part of its path.
    [[nodiscard]] const std::string& name() const override { return name_; }

    // Within a block of 1 MiB at most.
    [[nodiscard]] Bytes read(ByteRange range) override;

    // What has been read in order already counts; the rest is read.
    [[nodiscard]] std::uint32_t crc() override;

  private:
    void load(std::uint64_t offset);

    std::string path_;
    std::string name_;
    FileDescriptor fd_;
    std::uint64_t size_ = 0;
    std::vector<std::byte> block_;
    std::uint64_t block_offset_ = 0;
    Crc32c crc_;
    std::uint64_t crc_end_ = 0;  // crc_ covers the bytes before this offset
};

// "tcp_client: notes.txt: PROBLEM" on stderr, with the path once even where the problem names it.
void report_file(const char* program, const std::string& path, const std::string& problem);

}  // namespace netlab::problem1
