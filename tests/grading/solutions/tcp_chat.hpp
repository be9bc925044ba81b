// SPDX-License-Identifier: MIT
#pragma once

// Problem 5 over TCP: what both ends do with their connection.

#include <iostream>
#include <thread>

#include "net.hpp"

// A line from the keyboard to the other end; false when either is over.
inline bool say(int fd) {
    std::string line;
    return std::getline(std::cin, line) && send_all(fd, line + "\n");
}

// A line from the other end to the screen; false when it has left.
inline bool hear(LineReader& reader) {
    std::string line;
    if (!reader.next(line)) {
        std::printf("(the other one has left)\n");
        return false;
    }
    std::printf("> %s\n", line.c_str());
    return true;
}

inline void talk(int fd, bool speaks_first) {
    LineReader reader(fd);
    if (kFault == Fault::talks_out_of_turn) {
        std::thread listener([&] {
            while (hear(reader)) {
            }
            std::_Exit(0);
        });
        while (say(fd)) {
        }
        listener.join();
        return;
    }
    if (speaks_first && !say(fd)) return;
    while (hear(reader) && say(fd)) {
    }
}
