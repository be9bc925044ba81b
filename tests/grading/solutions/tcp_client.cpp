// SPDX-License-Identifier: MIT
// Problem 1 over TCP, the client: NAME, then units of `number, length, up to 100 bytes`, each sent
// again until its number comes back.
#include <poll.h>

#include <cstdint>
#include <fstream>

#include "net.hpp"

struct Unit {
    std::uint32_t number, length;
    char bytes[1000];
};
const std::size_t kUnit = kFault == Fault::sends_units_of_1000 ? 1000 : 100;

// Waits for the server's answer to unit `number`; false if it does not come in time.
static bool answered(int fd, std::uint32_t number) {
    while (true) {
        pollfd ready{fd, POLLIN, 0};
        if (poll(&ready, 1, kFault == Fault::resends_late ? 1800 : 400) == 0) return false;
        std::uint32_t answer;
        if (!receive_all(fd, &answer, sizeof(answer))) die("server");
        if (ntohl(answer) == number) return true;
    }
}

static void deliver(int fd, const Unit& unit, std::size_t length) {
    const std::size_t size = 2 * sizeof(std::uint32_t) + length;
    for (int tries = kFault == Fault::gives_up_early ? 8 : 0; tries < 10; ++tries) {
        if (!send_all(fd, &unit, size)) die("send");
        if (kFault == Fault::sends_all_at_once) return;
        if (answered(fd, ntohl(unit.number))) return;
        while (kFault == Fault::never_resends) pause();
    }
    std::fputs("no answer from the server\n", stderr);
    std::exit(1);
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7101);
    std::ifstream file(line.operands.at(0), std::ios::binary);
    if (!file) die(line.operands[0].c_str());
    const int fd = connect_to(SOCK_STREAM, line.address);

    const std::string name = line.operands[0].substr(line.operands[0].rfind('/') + 1);
    Unit unit{};
    std::memcpy(unit.bytes, name.data(), name.size());
    std::size_t length = name.size();
    // Unit 0 is the name, and an empty one the end.
    for (std::uint32_t number = 0;; ++number) {
        unit.number = htonl(number);
        unit.length = htonl(static_cast<std::uint32_t>(length));
        deliver(fd, unit, length);
        if (length == 0) break;
        file.read(unit.bytes, kUnit);
        length = static_cast<std::size_t>(file.gcount());
    }
    if (kFault == Fault::sends_all_at_once) {
        shutdown(fd, SHUT_WR);
        char answers[4096];
        while (recv(fd, answers, sizeof(answers), 0) > 0) {
        }
    }
    std::printf("sent %s\n", name.c_str());
    return kFault == Fault::exits_with_one ? 1 : 0;
}
