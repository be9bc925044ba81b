// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tests/bench/cores.hpp"
#include "tests/support/subprocess.hpp"

// Well-known programs that do the same work. All throw NotAvailable if they cannot be used.

namespace netlab::bench {

// A server that listens on `port`; ended by SIGTERM, so that it can end what it has started.
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
Peer start_nginx(const Cores& cores, const std::string& root, const std::string& work);
Peer start_redis(const Cores& cores);
Peer start_ncat_chat(const Cores& cores);

// Megabytes of `file` a second, into `folder`: with tftp-hpa in blocks of 512 bytes, and with uftp
// as fast as it goes.
double upload_tftp(const Cores& cores, const std::string& file, const std::string& folder);
double upload_uftp(const Cores& cores, const std::string& file, const std::string& folder);

}  // namespace netlab::bench
