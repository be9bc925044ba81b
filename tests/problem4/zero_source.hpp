// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "problem4/session.hpp"

namespace netlab::problem4 {

// A file of any size that takes no room: nothing but zeros.
class ZeroSource : public ByteSource {
  public:
    explicit ZeroSource(std::uint64_t size) : readable(size), size_(size) {}

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableBytes buffer) const override {
        if (offset >= readable) return 0;
        const std::uint64_t count = std::min<std::uint64_t>(buffer.size(), readable - offset);
        std::ranges::fill(buffer.first(count), std::byte{0});
        return count;
    }

    std::uint64_t readable;  // less than its size: it has shrunk since it was opened

  private:
    std::uint64_t size_;
};

inline Media zero_media(std::uint64_t size,
                        std::optional<std::chrono::microseconds> duration = seconds(10)) {
    return {std::make_unique<ZeroSource>(size), {"wav", duration}};
}

}  // namespace netlab::problem4
