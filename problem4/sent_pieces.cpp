// SPDX-License-Identifier: MIT
#include "problem4/sent_pieces.hpp"

#include <algorithm>

namespace netlab::problem4 {

std::uint64_t SentPieces::add(std::uint64_t length) {
    pieces_.push_back({end_, length});
    end_ += length;
    return count() - 1;
}

void SentPieces::forget_before(std::uint64_t offset) {
    while (!pieces_.empty() && pieces_.front().offset + pieces_.front().length <= offset) {
        pieces_.pop_front();
        ++first_;
    }
    wanted_.erase(wanted_.begin(), wanted_.lower_bound(first_));
}

void SentPieces::want(const ByteRange& missing) {
    auto piece = std::ranges::upper_bound(pieces_, missing.offset, {}, [](const ByteRange& range) {
        return range.offset + range.length;
    });
    const std::uint64_t end = missing.offset + missing.length;
    for (; piece != pieces_.end() && piece->offset < end; ++piece) {
        wanted_.insert(first_ + static_cast<std::uint64_t>(piece - pieces_.begin()));
    }
}

std::optional<SentPieces::Piece> SentPieces::next_wanted() const {
    if (wanted_.empty()) return std::nullopt;
    const std::uint64_t number = *wanted_.begin();
    return Piece{number, pieces_[number - first_]};
}

}  // namespace netlab::problem4
