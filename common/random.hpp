// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <random>

namespace netlab {

// Evenly from `min` to the largest there is, and not to be guessed by a peer: a token, a session.
// Throws std::exception if the system has no randomness to give.
template <typename Unsigned>
Unsigned random_number(Unsigned min = 0) {
    std::random_device source;
    std::uniform_int_distribution<Unsigned> any(min, std::numeric_limits<Unsigned>::max());
    return any(source);
}

}  // namespace netlab
