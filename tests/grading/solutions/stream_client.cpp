// SPDX-License-Identifier: MIT
// Problem 4, the client: what comes goes on into the player at once.
#include <poll.h>

#include "net.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7401);
    const int fd = connect_to(SOCK_DGRAM, line.address);
    send_all(fd, line.operands.at(0));

    FILE* player = nullptr;
    std::string kept;
    char datagram[4096];
    while (true) {
        pollfd ready{fd, POLLIN, 0};
        if (poll(&ready, 1, 3000) == 0) {
            std::fputs("the server says nothing\n", stderr);
            return 1;
        }
        const ssize_t got = recv(fd, datagram, sizeof(datagram), 0);
        if (got < 1) die("recv");
        if (datagram[0] == 'X') {
            std::fputs("there is no such clip\n", stderr);
            return 1;
        }
        if (datagram[0] == 'E') break;
        const auto size = static_cast<std::size_t>(got - 1);
        if (kFault == Fault::plays_at_the_end || kFault == Fault::plays_a_download_at_the_end) {
            kept.append(datagram + 1, size);
            continue;
        }
        if (player == nullptr) player = popen(line.player.c_str(), "w");
        if (player == nullptr) die("popen");
        std::fwrite(datagram + 1, 1, size, player);
        std::fflush(player);
    }
    if (player == nullptr) player = popen(line.player.c_str(), "w");
    if (player == nullptr) die("popen");
    std::fwrite(kept.data(), 1, kept.size(), player);
    if (kFault == Fault::leaves_the_player) return std::fflush(player);
    return pclose(player) == 0 ? 0 : 1;
}
