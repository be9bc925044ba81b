// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/checksum.hpp"
#include "problem1/frame.hpp"

// Where received files are kept: in a folder, or in the memory of a simulation.

namespace netlab {
class CommandLine;
}

namespace netlab::problem1 {

// A file that is being received: NAME.part, until it is committed. What is still empty when this
// object goes is removed. Throws SystemError.
class StoredFile {
  public:
    virtual ~StoredFile() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    virtual void truncate(std::uint64_t size) = 0;
    virtual void write_at(Bytes bytes, std::uint64_t offset) = 0;
    [[nodiscard]] virtual std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const = 0;
    // Makes it durable, then visible under its name.
    virtual void commit() = 0;
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

// What both servers are told about the files that they receive.
struct ReceiveOptions {
    std::string directory = "received";
    std::uint64_t max_size = std::uint64_t{64} << 30;
    bool no_overwrite = false;
};

// Adds --dir, --max-size and --no-overwrite.
void add_options(CommandLine& line, ReceiveOptions& options);

// Files in a folder, made if missing. If their bytes come `in_order`, a .part is always a prefix,
// which can be resumed; what has holes never replaces one.
class FolderStorage : public Storage {
  public:
    FolderStorage(const ReceiveOptions& options, bool in_order)
        : options_(options), in_order_(in_order) {}
    [[nodiscard]] std::unique_ptr<StoredFile> open(const StartInfo& info, bool keep_part) override;
    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return options_.directory + "/" + name;
    }

  private:
    const ReceiveOptions& options_;
    bool in_order_;
};

// A stored file that is written in large pieces, and whose checksum is known at the end without
// reading it again if it came in order.
class Upload {
  public:
    // Goes on at `offset`, which an earlier attempt has reached.
    Upload(std::unique_ptr<StoredFile> file, std::uint64_t offset);

    void write(Bytes bytes, std::uint64_t offset);
    void flush();

    // How much an attempt that ends now leaves for the next one: what is on the disk already.
    [[nodiscard]] std::uint64_t kept() const noexcept;

    // Blocks for as long as the disk takes. Returns what went wrong, nullopt if the file is whole,
    // durable and visible.
    [[nodiscard]] std::optional<ErrorInfo> commit(std::uint32_t crc) noexcept;

  private:
    [[nodiscard]] std::uint32_t crc() const;
    [[nodiscard]] std::optional<ErrorInfo> try_commit(std::uint32_t crc) noexcept;

    std::unique_ptr<StoredFile> file_;
    std::vector<std::byte> buffer_;  // a run of bytes that is not yet written ...
    std::uint64_t buffer_offset_;    // ... and its place
    Crc32c crc_;                     // of the bytes before crc_end_
    std::uint64_t crc_end_ = 0;
};

}  // namespace netlab::problem1
