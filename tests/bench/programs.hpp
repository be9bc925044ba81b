// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

// The suite's programs and their peers at work. Each returns what it says, per second.

namespace netlab::bench {

// Problem 1. Megabytes of file; `chunks` chunks of 100 bytes for each second where told.
double upload_tcp(const std::string& file, const std::string& folder, int window);
double upload_udp(const std::string& file,
                  const std::string& folder);  // throws where it is not whole

// Problem 2, of any server to which `request` is sent, and which then answers with a head that ends
// in `end_of_head` and `size` bytes. Megabytes with so many clients at once; files, each on a
// connection of its own, by four clients.
struct FileServer {
    std::uint16_t port = 0;
    std::string request;
    std::string end_of_head;
    std::uint64_t size = 0;
};
double download(const FileServer& server, int clients);
double connections(const FileServer& server);

// Problem 3: requests, so many in flight; each answer is `lines` lines.
double requests(std::uint16_t port, const std::string& request, int in_flight, int lines);

// Problem 5: messages of a dialogue between two scripts. "tcp" or "udp".
double dialogue(const std::string& transport);

// Problem 6: lines delivered to 199 members of a room, when one says 1000 at once.
double burst(std::uint16_t port, const std::string& hello);

}  // namespace netlab::bench
