// SPDX-License-Identifier: MIT
#pragma once

// Problem 5 over UDP: what both ends do. A datagram is `M` and the text, or `B`, goodbye.

#include <iostream>
#include <thread>

#include "net.hpp"

constexpr std::size_t kMaxCharacters = 1000;

inline int the_socket = -1;
inline sockaddr_in the_peer{};

inline void send_datagram(const std::string& data) {
    sendto(the_socket, data.data(), data.size(), 0, as_sockaddr(the_peer), sizeof(the_peer));
}

// Ctrl+C: says goodbye. (sendto(2) and _exit(2) are allowed in a signal handler.)
inline void leave(int) {
    if (kFault != Fault::leaves_without_a_word && the_peer.sin_port != 0) {
        sendto(the_socket, "B", 1, 0, as_sockaddr(the_peer), sizeof(the_peer));
    }
    _exit(130);
}

inline bool say() {
    std::string line;
    while (std::getline(std::cin, line)) {
        if (kFault == Fault::cuts_long_lines) line = line.substr(0, kMaxCharacters);
        if (line.size() <= kMaxCharacters) {
            send_datagram("M" + line);
            return true;
        }
        std::printf("(not sent: more than %zu characters)\n", kMaxCharacters);
    }
    return false;
}

inline bool hear() {
    char data[2048];
    socklen_t length = sizeof(the_peer);
    const ssize_t got = recvfrom(the_socket, data, sizeof(data), 0, as_sockaddr(the_peer), &length);
    if (got < 1 || data[0] == 'B') {
        std::printf("(the other one has left)\n");
        return false;
    }
    std::printf("> %.*s\n", static_cast<int>(got - 1), data + 1);
    return true;
}

inline void talk(bool speaks_first) {
    std::signal(SIGINT, leave);
    if (kFault == Fault::talks_out_of_turn) {
        std::thread([] {
            while (hear()) {
            }
            std::_Exit(0);
        }).detach();
        while (say()) {
        }
        pause();
    }
    if (speaks_first && !say()) return;
    while (hear() && say()) {
    }
}
