// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/checksum.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// A file that is being received, wherever it is kept: NAME.part in a folder (folder_storage.hpp),
// or memory in a simulation. All of them throw SystemError.
class StoredFile {
  public:
    virtual ~StoredFile() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    virtual void truncate(std::uint64_t size) = 0;
    virtual void write_at(Bytes bytes, std::uint64_t offset) = 0;
    [[nodiscard]] virtual std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const = 0;
    // Makes it durable, then visible under its name.
    virtual void commit() = 0;
    // Removes it, if nothing was ever written to it.
    virtual void discard_if_empty() noexcept = 0;
};

class Storage {
  public:
    virtual ~Storage() = default;
    // For a file that is announced; `keep_part` leaves what an earlier attempt has received. Throws
    // std::exception with the reason if the file is refused: its name, its size, or that it exists.
    [[nodiscard]] virtual std::unique_ptr<StoredFile> open(const StartInfo& info,
                                                           bool keep_part) = 0;
    // Where a file of that name goes, for messages.
    [[nodiscard]] virtual std::string path_of(const std::string& name) const { return name; }
};

// What both kinds of upload do with their bytes: write them behind, in large pieces, and know the
// checksum of the whole at the end, without reading the file again if it came in order.
class Upload {
  public:
    // Goes on at `offset`, which an earlier attempt has reached.
    Upload(std::unique_ptr<StoredFile> file, std::uint64_t offset);
    ~Upload() {
        if (file_) file_->discard_if_empty();
    }
    Upload(Upload&&) = default;
    Upload& operator=(Upload&&) = default;

    void write(Bytes bytes, std::uint64_t offset);
    void flush();

    // How much an attempt that ends now leaves for the next one: what is on the disk already.
    [[nodiscard]] std::uint64_t kept() const noexcept;

    // Blocks for as long as the disk takes. Returns what went wrong, nullopt if the file is whole,
    // durable and visible.
    [[nodiscard]] std::optional<ErrorInfo> commit(std::uint32_t crc) noexcept;

  private:
    [[nodiscard]] std::uint32_t crc() const;

    std::unique_ptr<StoredFile> file_;
    std::vector<std::byte> buffer_;  // a run of bytes that is not yet written ...
    std::uint64_t buffer_offset_;    // ... and its place
    Crc32c crc_;                     // of the bytes before crc_end_
    std::uint64_t crc_end_ = 0;
};

}  // namespace netlab::problem1
