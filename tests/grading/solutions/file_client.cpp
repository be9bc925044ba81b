// SPDX-License-Identifier: MIT
// Problem 2, the client: fetches one file into downloads/.
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "net.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7201);
    const std::string name = line.operands.at(0);
    const int fd = connect_to(SOCK_STREAM, line.address);
    send_all(fd, "GET " + name + "\n");

    LineReader reader(fd);
    std::string answer;
    if (!reader.next(answer) || answer.rfind("OK ", 0) != 0) {
        std::fprintf(stderr, "server: %s\n", answer.c_str());
        return kFault == Fault::succeeds_always ? 0 : 1;
    }
    auto left = std::stoull(answer.substr(3));

    mkdir("downloads", 0755);
    std::ofstream file("downloads/" + name.substr(name.rfind('/') + 1), std::ios::binary);
    std::string block = reader.rest();
    while (left > 0) {
        if (block.empty()) {
            block.resize(4096);
            const ssize_t got = recv(fd, block.data(), block.size(), 0);
            if (got <= 0) die("the file is not complete");
            block.resize(static_cast<std::size_t>(got));
        }
        const auto size = std::min<unsigned long long>(left, block.size());
        file.write(block.data(), static_cast<std::streamsize>(size));
        left -= size;
        block.clear();
    }
    std::printf("received %s\n", name.c_str());
}
