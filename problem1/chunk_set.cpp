// SPDX-License-Identifier: MIT
#include "problem1/chunk_set.hpp"

#include <iterator>

namespace netlab::problem1 {

bool ChunkSet::insert(std::uint64_t number) {
    // The usual case: one more at the end.
    if (!runs_.empty() && runs_.rbegin()->second + 1 == number) {
        ++runs_.rbegin()->second;
        ++arrived_;
        return true;
    }
    auto after = runs_.upper_bound(number);
    const bool has_before = after != runs_.begin();
    const auto before = has_before ? std::prev(after) : runs_.end();
    if (has_before && number <= before->second) return false;

    const bool joins_before = has_before && before->second + 1 == number;
    const bool joins_after = after != runs_.end() && after->first == number + 1;
    const std::uint64_t last = joins_after ? after->second : number;
    if (joins_after) runs_.erase(after);
    if (joins_before) {
        before->second = last;
    } else {
        runs_.emplace(number, last);
    }
    ++arrived_;
    return true;
}

std::vector<ChunkRange> ChunkSet::missing(std::size_t most) const {
    std::vector<ChunkRange> ranges;
    std::uint64_t next = 1;
    for (const auto& [first, last] : runs_) {
        if (ranges.size() == most) return ranges;
        if (next < first) ranges.push_back({next, first - 1});
        next = last + 1;
    }
    if (next <= count_ && ranges.size() < most) ranges.push_back({next, count_});
    return ranges;
}

}  // namespace netlab::problem1
