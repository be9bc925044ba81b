// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tests/support/subprocess.hpp"

// Well-known programs that do the same work, where they are installed; where not,
// std::runtime_error.

namespace netlab::bench {

// A peer that listens on `port`; ended by SIGTERM, so that it can end what it has started.
struct Peer {
    // Returns once it listens: with `sign`, when that appears on its stderr, otherwise when it
    // takes a connection (of which ncat would die).
    Peer(const testing::Argv& argv, std::uint16_t listens_on, const std::string& sign = {});
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::uint16_t port;
    testing::Subprocess process;
};

// `work` is a folder for what it writes.
Peer start_nginx(const std::string& root, const std::string& work);
Peer start_redis();
Peer start_ncat_chat();

}  // namespace netlab::bench
