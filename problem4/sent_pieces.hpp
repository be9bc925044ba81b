// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "common/chunking.hpp"

namespace netlab::problem4 {

// The pieces that a client has been sent and may still ask for: each goes again as it went, with
// its number and its boundaries. Pieces are numbered from 0, and follow each other in the clip. Not
// thread-safe.
class SentPieces {
  public:
    struct Piece {
        std::uint64_t number = 0;
        ByteRange range;
    };

    // The next piece, of `length` bytes behind the last one. Returns its number.
    std::uint64_t add(std::uint64_t length);

    // Everything before `offset` has arrived.
    void forget_before(std::uint64_t offset);

    // What overlaps this range is to go again; what was never sent, or is forgotten, is ignored.
    void want(const ByteRange& missing);

    // The first piece that is to go again.
    [[nodiscard]] std::optional<Piece> next_wanted() const;
    void on_resent() { wanted_.erase(wanted_.begin()); }  // that piece has gone

    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }  // of the last piece
    [[nodiscard]] std::uint64_t count() const noexcept { return first_ + pieces_.size(); }
    [[nodiscard]] std::size_t kept() const noexcept { return pieces_.size(); }

  private:
    std::deque<ByteRange> pieces_;  // those that are not forgotten
    std::uint64_t first_ = 0;       // the number of the first of them
    std::uint64_t end_ = 0;
    std::set<std::uint64_t> wanted_;  // numbers
};

}  // namespace netlab::problem4
