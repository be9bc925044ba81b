// SPDX-License-Identifier: MIT
// Problem 5 over TCP, the server: one client after the other.
#include "tcp_chat.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7501);
    const int listener = serve(SOCK_STREAM, line.address);
    while (std::cin) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) die("accept");
        talk(fd, false);
        close(fd);
    }
}
