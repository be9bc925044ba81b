// SPDX-License-Identifier: MIT
// Problem 6, the client: a line to the server, its reply to the screen, and so on.
#include <iostream>
#include <thread>

#include "net.hpp"

static bool hear(LineReader& reader) {
    std::string reply;
    if (!reader.next(reply)) return false;
    std::printf("> %s\n", reply.c_str());
    return true;
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7601);
    const int fd = connect_to(SOCK_STREAM, line.address);
    LineReader reader(fd);
    if (kFault == Fault::talks_out_of_turn) {
        std::thread([&] {
            while (hear(reader)) {
            }
        }).detach();
    }
    std::string text;
    while (std::getline(std::cin, text)) {
        if (!send_all(fd, text + "\n")) break;
        if (kFault != Fault::talks_out_of_turn && !hear(reader)) break;
    }
    std::printf("(the server has left)\n");
}
