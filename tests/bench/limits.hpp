// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "tests/bench/cores.hpp"

// What this machine can do at most: the same traffic between two bare processes over loopback,
// without any protocol.

namespace netlab::bench {

// Rounds a second of `size` bytes there and back.
double tcp_ping_pong(const Cores& cores, int rounds, std::size_t size);
double udp_ping_pong(const Cores& cores, int rounds, std::size_t size);

// Megabytes a second from file to file through a TCP connection.
double tcp_copy(const Cores& cores, const std::string& from, const std::string& to);

}  // namespace netlab::bench
