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

// What a client sends: a file on the disk, or in the memory of a simulation.
class Source {
  public:
    virtual ~Source() = default;

    // Does not change while it is sent.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // The name that it has at the server.
    [[nodiscard]] virtual const std::string& name() const = 0;
    // The bytes of a range, valid until the next call. Throws SystemError, std::runtime_error if
    // the file has shrunk, and Interrupted.
    [[nodiscard]] virtual Bytes read(ByteRange range) = 0;
    // The CRC-32C of the whole file. Reads what read() has not yet given in order.
    [[nodiscard]] virtual std::uint32_t crc() = 0;
};

// A file on the disk, read in large blocks and handed out in pieces of up to 1 MiB. Its size is
// what it was at the start: what is appended later is not sent, and a file that shrinks is an
// error.
class SourceFile final : public Source {
  public:
    // Throws SystemError, or std::runtime_error unless it is a regular file.
    explicit SourceFile(const std::string& path);

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    // The last part of its path.
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] Bytes read(ByteRange range) override;
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

}  // namespace netlab::problem1
