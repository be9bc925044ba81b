// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/cores.hpp"
#include "tests/support/spawn.hpp"

// The suite's programs and their peers at work. Each returns what it says, per second.

namespace netlab::bench {

// Problem 1, with the options of the client and of the server. Megabytes of file, from the start of
// the client to its end.
double upload_tcp(const Cores& cores, const std::string& file, const std::string& folder,
                  const testing::Argv& options, const testing::Argv& of_server = {});

// The rate is 0 unless the whole file has arrived.
struct UdpUpload {
    double rate = 0;     // megabytes
    double arrived = 0;  // percent of the chunks
};
UdpUpload upload_udp(const Cores& cores, const std::string& file, const std::string& folder,
                     const testing::Argv& options, const testing::Argv& of_server = {});

// Problem 2, of any server to which `request` is sent, and which then answers with a head that ends
// in `end_of_head` and `size` bytes.
struct FileServer {
    std::uint16_t port = 0;
    std::string request;
    std::string end_of_head;
    std::uint64_t size = 0;
};
// `clients` at once download `files` in all, each on a connection of its own: files.
double download(const Cores& cores, const FileServer& server, int clients, int files);

// Problem 3: requests, so many in flight; each answer is `lines` lines.
double requests(const Cores& cores, std::uint16_t port, const std::string& request, int in_flight,
                int rounds, int lines);

// Problem 5: rounds of a dialogue between two scripts of so many lines. "tcp" or "udp".
double dialogue(const Cores& cores, const std::string& transport, int lines);

// Problem 6: lines delivered to 199 members of a room, when one says 1000 at once.
double burst(const Cores& cores, std::uint16_t port, const std::string& hello);

}  // namespace netlab::bench
