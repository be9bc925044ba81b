// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace netlab::testing {

// The two ways through a proxy.
enum class Direction { kToServer, kToClient };

inline std::size_t index_of(Direction direction) {
    return direction == Direction::kToServer ? 0 : 1;
}

}  // namespace netlab::testing
