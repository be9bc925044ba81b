// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/trace_steps.hpp"

namespace netlab {

// A picture of a conversation in text, a line each message, `width` columns wide (at least
// kMinLadderWidth): the client on the left and the server on the right, beside each the time in
// milliseconds at which it sent or received.
//
//     client ms |                                          | server ms
//         0.034 |-- DATA seq=1 len=100 ------------------->| 0.061
//         0.099 |<---------------------- ACK seq=1 len=0 --| 0.070
//         0.120 |-- DATA seq=2 len=100 (dropped) ---x      |
std::vector<std::string> ladder(const std::vector<TraceStep>& steps, std::size_t width);

inline constexpr std::size_t kMinLadderWidth = 60;

}  // namespace netlab
