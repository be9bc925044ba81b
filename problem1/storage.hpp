// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/checksum.hpp"
#include "common/cli.hpp"
#include "problem1/frame.hpp"

// Where received files are kept: in a folder, or in the memory of a simulation.

namespace netlab::problem1 {

// A file that is being received: NAME.part, until it is committed. It is written in large pieces,
// and its checksum is known at the end without reading it again if it came in order. What is still
// empty when this object goes is removed. Throws SystemError.
class Upload {
  public:
    // `path`: where it goes, for messages.
    explicit Upload(std::string path) : path_(std::move(path)) {}
    virtual ~Upload() = default;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] virtual std::uint64_t size() const = 0;  // of what is on the disk already
    void write(Bytes bytes, std::uint64_t offset);
    void flush();

    // Writes what is buffered, as far as it goes: how many bytes are kept for another attempt.
    [[nodiscard]] std::uint64_t keep() noexcept;

    // Blocks for as long as the disk takes. Returns what went wrong, nullopt if the file is whole,
    // durable and visible. Nothing is to be written after it.
    [[nodiscard]] std::optional<ErrorInfo> commit(std::uint32_t crc) noexcept;

  protected:
    virtual void write_at(Bytes bytes, std::uint64_t offset) = 0;
    [[nodiscard]] virtual std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const = 0;
    // Makes it durable, then visible under its name.
    virtual void publish() = 0;

  private:
    std::string path_;
    std::vector<std::byte> buffer_;    // a run of bytes that is not yet written ...
    std::uint64_t buffer_offset_ = 0;  // ... and its place
    Crc32c crc_;                       // of the bytes before crc_end_
    std::uint64_t crc_end_ = 0;
    bool visible_ = false;  // under its name: nothing is left for another attempt
};

// Opens a file that is announced; of the size that an earlier attempt has reached if it is to be
// continued, else empty. Throws std::exception with the reason if the file is refused: its name,
// its size, or that it exists.
using Storage = std::function<std::unique_ptr<Upload>(const StartInfo&)>;

// What both servers are told about the files that they receive.
struct ReceiveOptions {
    std::string directory = "received";
    std::uint64_t max_size = std::uint64_t{64} << 30;
    bool no_overwrite = false;
};

// Adds --dir, --max-size and --no-overwrite.
void add_options(CommandLine& line, ReceiveOptions& options);

// Files in a folder, made if missing. If their bytes come `in_order`, a .part is always a prefix,
// which can be resumed; what has holes never replaces one. `options` must outlive the Storage.
Storage folder_storage(const ReceiveOptions& options, bool in_order);

}  // namespace netlab::problem1
