// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "common/trace_steps.hpp"

namespace netlab {

// The gnuplot program that draws the numbers of messages over time into `path`, an SVG: what was
// sent, sent again, lost and acknowledged. A number is an offset (problem 4: the offset of DATA,
// and what a REPORT has in a row), or a sequence number (problem 1), or that of MSG and ACK
// (problem 5). Empty if no message has one.
std::string sequence_plot(const std::vector<TraceStep>& steps, const std::string& path);

}  // namespace netlab
