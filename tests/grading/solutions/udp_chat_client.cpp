// SPDX-License-Identifier: MIT
// Problem 5 over UDP, the client: it speaks first.
#include "udp_chat.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7502);
    the_socket = socket(AF_INET, SOCK_DGRAM, 0);
    the_peer = line.address;
    talk(true);
}
