// SPDX-License-Identifier: MIT
#pragma once

#include <string>

// The points of problem 1's two plots, each the median of some rounds: lines of numbers for
// gnuplot, in megabytes a second.

namespace netlab::bench {

// Window size, throughput; and the two limits between which it lies: a raw ping-pong of chunks, and
// a plain copy through TCP. All over loopback, between two cores.
std::string throughput_over_window(bool quick);

// Percent that both ends lose of what they send, goodput over TCP with a window of 64, goodput over
// UDP with --repair.
std::string goodput_over_loss(bool quick);

}  // namespace netlab::bench
