// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/bytes.hpp"

namespace netlab {

// Bytes on their way in or out of a stream: put in at the end, taken out at the front. Memory that
// has been taken out is used again, so that the queue takes no more than a small multiple of the
// most that it has held at once. Fresh memory is not cleared first.
class ByteQueue {
  public:
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }

    // Everything in the queue. Valid until prepare() or append().
    [[nodiscard]] Bytes data() const noexcept { return {bytes_.get() + begin_, size()}; }

    // Room for `size` more bytes at the end, of which commit() tells how many were put there.
    [[nodiscard]] MutableBytes prepare(std::size_t size) {
        if (capacity_ - end_ < size) make_room(size);
        return {bytes_.get() + end_, size};
    }
    void commit(std::size_t size) noexcept { end_ += size; }

    void append(Bytes bytes) {
        if (bytes.empty()) return;
        std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
        commit(bytes.size());
    }

    // Takes `size` bytes out, at most size().
    void consume(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    void clear() noexcept { begin_ = end_ = 0; }

  private:
    void make_room(std::size_t size) {
        const std::size_t used = this->size();
        // Moved to the front if that at least halves it, so that a byte is moved once on average.
        if (begin_ >= used && capacity_ - used >= size) {
            if (used > 0) std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        } else {
            const std::size_t capacity = std::max(used + size, 2 * capacity_);
            auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
            if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
            bytes_ = std::move(larger);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace netlab
