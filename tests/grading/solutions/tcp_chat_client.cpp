// SPDX-License-Identifier: MIT
// Problem 5 over TCP, the client: it speaks first.
#include "tcp_chat.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7501);
    talk(connect_to(SOCK_STREAM, line.address), true);
}
