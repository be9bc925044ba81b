// SPDX-License-Identifier: MIT
#include "common/byte_queue.hpp"

#include <algorithm>

namespace netlab {

void ByteQueue::make_room(std::size_t size) {
    const std::size_t used = end_ - begin_;
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

}  // namespace netlab
