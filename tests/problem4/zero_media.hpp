// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>

#include "problem4/session.hpp"

namespace netlab::problem4 {

// A file of any size that takes no room: nothing but zeros, of which only the first can be read if
// it has shrunk since it was opened.
inline std::shared_ptr<const Media> zero_media(std::uint64_t size, MediaTime duration = seconds(10),
                                               std::uint64_t readable = UINT64_MAX) {
    const auto read_at = [end = std::min(size, readable)](std::uint64_t offset,
                                                          MutableBytes buffer) {
        const auto count = std::min<std::uint64_t>(buffer.size(), end - std::min(offset, end));
        std::ranges::fill(buffer.first(count), std::byte{0});
        return std::size_t{count};
    };
    return std::make_shared<const Media>(Media{{size, read_at}, {"wav", duration}});
}

}  // namespace netlab::problem4
