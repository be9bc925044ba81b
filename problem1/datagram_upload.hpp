// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "common/atomic_file.hpp"
#include "common/chunking.hpp"
#include "problem1/chunk_set.hpp"
#include "problem1/receive_options.hpp"

namespace netlab::problem1 {

// The server's side of one file that arrives in datagrams: in any order, more than once, or not at
// all. Each chunk is written to its place in NAME.part, and what is missing is known exactly.
class DatagramUpload {
  public:
    // Throws std::runtime_error with the reason where the file is refused.
    DatagramUpload(const ReceiveOptions& options, StartInfo info);

    // DATA or LINE. Throws ProtocolError where it is no chunk of this file; SystemError.
    void on_chunk(const Frame& frame);

    [[nodiscard]] bool complete() const noexcept { return chunks_.complete(); }
    [[nodiscard]] const StartInfo& info() const noexcept { return info_; }
    [[nodiscard]] const ChunkSet& chunks() const noexcept { return chunks_; }
    [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

    // Writes what on_chunk() has gathered. Throws SystemError.
    void write_pending();

    // Verifies the whole file and makes it appear under its name. Throws std::runtime_error where
    // its checksum is wrong, SystemError.
    void commit(std::uint32_t crc);

    // A line for each range that is missing: "missing chunks 12-13: bytes 1100..1299".
    [[nodiscard]] std::string missing_lines() const;

  private:
    [[nodiscard]] ByteRange place_of(const Frame& frame) const;

    const ReceiveOptions& options_;
    StartInfo info_;
    ChunkSet chunks_;
    AtomicFile file_;
    std::vector<std::byte> buffer_;    // a run of bytes that is not yet written ...
    std::uint64_t buffer_offset_ = 0;  // ... and its place
    std::uint64_t duplicates_ = 0;
};

}  // namespace netlab::problem1
