// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "problem1/storage.hpp"

namespace netlab::problem1 {

// Which of the chunks 1..count have arrived. What has not is kept in ranges, so that a file of a
// billion chunks that arrive in order costs one of them.
class ChunkSet {
  public:
    explicit ChunkSet(std::uint64_t count) {
        if (count > 0) missing_.emplace(count, 1);
    }

    // A chunk in 1..count has arrived: true if it is new.
    bool insert(std::uint64_t number);

    [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }
    [[nodiscard]] bool complete() const noexcept { return missing_.empty(); }

    // The first `max_ranges` ranges of what has not arrived, in order.
    [[nodiscard]] std::vector<ChunkRange> missing(std::size_t max_ranges = SIZE_MAX) const;

  private:
    std::map<std::uint64_t, std::uint64_t> missing_;  // last -> first
    std::uint64_t arrived_ = 0;
};

// A client, and the number that it has given to the transfer.
struct TransferKey {
    Address peer;
    std::uint32_t transfer = 0;
    friend bool operator==(const TransferKey&, const TransferKey&) = default;
};

// The server's half of one file that arrives in datagrams: in any order, more than once, or not at
// all. Each chunk is written to its place, and what is missing is known exactly.
struct DatagramUpload {
    // The allowance of a client that has proved its address.
    static constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

    // A chunk or END; what is none is ignored. Throws ProtocolError if it does not belong to this
    // file; SystemError.
    void on_frame(const Frame& frame);

    [[nodiscard]] bool repairs() const { return info.has(StartInfo::kRepair); }
    [[nodiscard]] std::uint64_t end_number() const { return info.chunk_count + 1; }

    // A line for each range that is missing, at most kMaxLines: "missing chunks 12-13: bytes
    // 1100..1299".
    static constexpr std::size_t kMaxLines = 1000;
    [[nodiscard]] std::string missing_lines() const;

    TransferKey key;
    StartInfo info;
    ChunkSet chunks{info.chunk_count};
    std::unique_ptr<Upload> upload;
    std::uint64_t duplicates = 0;
    std::optional<EndInfo> end{};  // the last one
    bool committing = false;       // `upload` is in other hands
    std::uint64_t token;
    std::uint64_t allowance = 0;  // bytes that may still be sent to the client's address
    TimePoint started;
    TimePoint last_heard = started;

  private:
    [[nodiscard]] ByteRange place_of(const Frame& frame) const;
};

}  // namespace netlab::problem1
