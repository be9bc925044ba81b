// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "problem1/frame.hpp"

namespace netlab::problem1 {

// Which of the chunks 1..count have arrived, kept as runs, so that a file of a billion chunks that
// arrive in order costs one of them. Pure.
class ChunkSet {
  public:
    explicit ChunkSet(std::uint64_t count) : count_(count) {}

    // A chunk in 1..count has arrived: true where it is new.
    bool insert(std::uint64_t number);

    [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }
    [[nodiscard]] bool complete() const noexcept { return arrived_ == count_; }

    // The first `most` ranges of what has not arrived, in order.
    [[nodiscard]] std::vector<ChunkRange> missing(std::size_t most = SIZE_MAX) const;

  private:
    std::uint64_t count_;
    std::uint64_t arrived_ = 0;
    std::map<std::uint64_t, std::uint64_t> runs_;  // first -> last; never adjacent to each other
};

}  // namespace netlab::problem1
