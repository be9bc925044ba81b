// SPDX-License-Identifier: MIT
#include "problem4/jitter_buffer.hpp"

#include <algorithm>

namespace netlab::problem4 {

namespace {

// A server that means harm could send its media byte by byte: the memory is bounded all the same.
constexpr std::size_t kMaxPieces = 100'000;

}  // namespace

void JitterBuffer::add(std::uint64_t offset, Bytes payload, TimePoint now) {
    if (payload.empty() || offset > options_.size || payload.size() > options_.size - offset ||
        offset + payload.size() > read_ + options_.capacity || pieces_.size() >= kMaxPieces) {
        return;
    }

    // What was missing is kept, and the holes shrink: usually one, from its front.
    const std::uint64_t payload_end = offset + payload.size();
    open_hole_up_to(payload_end, now);
    auto next = holes_.upper_bound(offset);
    if (next != holes_.begin() && std::prev(next)->second.end > offset) --next;

    std::uint64_t fresh = 0;
    std::uint64_t recovered = 0;
    while (next != holes_.end() && next->first < payload_end) {
        auto [hole_begin, hole] = *next;
        const std::uint64_t begin = std::max(hole_begin, offset);
        const std::uint64_t end = std::min(hole.end, payload_end);
        const Bytes part = payload.subspan(begin - offset, end - begin);
        pieces_.emplace(begin, std::vector<std::byte>(part.begin(), part.end()));

        next = holes_.erase(next);
        fresh += part.size();
        if (hole.asked != TimePoint{}) {
            recovered += part.size();
            hole.asked = now;  // the server is at it: the rest can wait until no more comes
        }
        if (end < hole.end) next = holes_.emplace_hint(next, end, hole);
        if (hole_begin < begin) holes_.emplace_hint(next, hole_begin, hole)->second.end = begin;
    }
    counts_.received += fresh;
    counts_.recovered += recovered;
    counts_.datagrams += fresh > 0 ? 1 : 0;
    counts_.recovered_datagrams += recovered > 0 ? 1 : 0;
    (offset < given_up_ ? counts_.late : counts_.duplicate) += payload.size() - fresh;
}

void JitterBuffer::expect(std::uint64_t sent_up_to, TimePoint now) {
    open_hole_up_to(std::min({sent_up_to, options_.size, read_ + options_.capacity}), now);
}

void JitterBuffer::open_hole_up_to(std::uint64_t offset, TimePoint now) {
    if (offset <= seen_) return;
    holes_[seen_] = {.end = offset, .seen = now};
    seen_ = offset;
}

std::vector<ByteRange> JitterBuffer::take_missing(TimePoint now, Duration grace, Duration retry,
                                                  std::size_t max) {
    std::vector<ByteRange> missing;
    for (auto& [begin, hole] : holes_) {
        if (missing.size() == max) break;
        if (now - hole.seen < grace) continue;
        if (hole.asked != TimePoint{} && now - hole.asked < retry) continue;
        missing.push_back({begin, hole.end - begin});
        if (hole.asked == TimePoint{}) counts_.lost += hole.end - begin;
        hole.asked = now;
    }
    return missing;
}

Bytes JitterBuffer::front() const {
    if (pieces_.empty() || pieces_.begin()->first > read_) return {};
    return Bytes(pieces_.begin()->second).subspan(read_ - pieces_.begin()->first);
}

void JitterBuffer::consume(std::size_t count) {
    read_ += count;
    const auto first = pieces_.begin();
    if (first != pieces_.end() && first->first + first->second.size() == read_) {
        pieces_.erase(first);
    }
}

void JitterBuffer::give_up_hole(TimePoint now) {
    if (options_.copy || holes_.empty() || holes_.begin()->first != read_ || read_ < kHead) return;
    const Hole& hole = holes_.begin()->second;
    if (hole.asked == TimePoint{} || now - hole.seen < options_.latency) return;

    const std::uint64_t length = hole.end - read_;
    pieces_.emplace(read_, std::vector<std::byte>(length));
    counts_.abandoned += length;
    given_up_ = hole.end;
    holes_.erase(holes_.begin());
}

}  // namespace netlab::problem4
