// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "problem1/storage.hpp"

namespace netlab::problem1 {

// Which of the chunks 1..count have arrived, kept as runs, so that a file of a billion chunks that
// arrive in order costs one of them.
class ChunkSet {
  public:
    explicit ChunkSet(std::uint64_t count) : count_(count) {}

    // A chunk in 1..count has arrived: true if it is new.
    bool insert(std::uint64_t number);

    [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }
    [[nodiscard]] bool complete() const noexcept { return arrived_ == count_; }

    // The first `max_ranges` ranges of what has not arrived, in order.
    [[nodiscard]] std::vector<ChunkRange> missing(std::size_t max_ranges = SIZE_MAX) const;

  private:
    std::uint64_t count_;
    std::uint64_t arrived_ = 0;
    std::map<std::uint64_t, std::uint64_t> runs_;  // first -> last; never adjacent to each other
};

// The server's half of one file that arrives in datagrams: in any order, more than once, or not at
// all. Each chunk is written to its place, and what is missing is known exactly.
class DatagramUpload {
  public:
    // Throws std::exception with the reason if the file is refused.
    DatagramUpload(Storage& storage, const StartInfo& info)
        : info_(info), chunks_(info.chunk_count), upload_(storage.open(info, false), 0) {}

    // DATA or LINE. Throws ProtocolError if it is no chunk of this file; SystemError.
    void on_chunk(const Frame& frame);

    [[nodiscard]] bool complete() const noexcept { return chunks_.complete(); }
    [[nodiscard]] const StartInfo& info() const noexcept { return info_; }
    [[nodiscard]] const ChunkSet& chunks() const noexcept { return chunks_; }
    [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

    // Writes what on_chunk() has gathered. Throws SystemError.
    void flush() { upload_.flush(); }
    [[nodiscard]] std::uint64_t kept() const noexcept { return upload_.kept(); }

    // Once complete: what is to be committed.
    [[nodiscard]] Upload take_upload() { return std::move(upload_); }

    // A line for each range that is missing, at most kMaxLines: "missing chunks 12-13: bytes
    // 1100..1299".
    static constexpr std::size_t kMaxLines = 1000;
    [[nodiscard]] std::string missing_lines() const;

  private:
    [[nodiscard]] ByteRange place_of(const Frame& frame) const;

    StartInfo info_;
    ChunkSet chunks_;
    Upload upload_;
    std::uint64_t duplicates_ = 0;
};

}  // namespace netlab::problem1
