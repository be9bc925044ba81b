// SPDX-License-Identifier: MIT
// Problem 1 over UDP, the server: writes what comes to where it belongs.
#include <sys/stat.h>

#include <cstdint>
#include <fstream>

#include "net.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7102);
    mkdir("received", 0755);
    const int fd = serve(SOCK_DGRAM, line.address);

    std::ofstream file;
    while (true) {
        char bytes[2048];
        sockaddr_in peer{};
        socklen_t length = sizeof(peer);
        const ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, as_sockaddr(peer), &length);
        if (got < 1) continue;
        const std::string body(bytes + 1, static_cast<std::size_t>(got - 1));
        if (bytes[0] == 'N' && body.find('/') == std::string::npos && body[0] != '.') {
            const std::string name = kFault == Fault::ignores_the_name ? "file" : body;
            file = std::ofstream("received/" + name, std::ios::binary);
        } else if (bytes[0] == 'D' && body.size() > 4) {
            std::uint32_t number;
            std::memcpy(&number, body.data(), sizeof(number));
            file.seekp(static_cast<std::streamoff>(ntohl(number)) * 100);
            file.write(body.data() + 4, static_cast<std::streamsize>(body.size() - 4));
            if (kFault == Fault::acknowledges_datagrams)
                sendto(fd, "A", 1, 0, as_sockaddr(peer), length);
        } else if (bytes[0] == 'E') {
            file.close();
        }
    }
}
