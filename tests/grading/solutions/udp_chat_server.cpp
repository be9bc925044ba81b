// SPDX-License-Identifier: MIT
// Problem 5 over UDP, the server: whoever writes first is its client.
#include "udp_chat.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7502);
    the_socket = serve(SOCK_DGRAM, line.address);
    while (std::cin) talk(false);
}
