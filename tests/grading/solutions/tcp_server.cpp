// SPDX-License-Identifier: MIT
// Problem 1 over TCP, the server: writes each unit once, and answers it with its number.
#include <sys/stat.h>

#include <cstdint>
#include <fstream>

#include "net.hpp"

struct Header {
    std::uint32_t number, length;
};

// The next unit; false at the end of the stream.
static bool receive_unit(int fd, Header& header, char* bytes, std::size_t most) {
    if (kFault == Fault::takes_recv_for_a_message) {
        char all[sizeof(Header) + 1000];
        const ssize_t got = recv(fd, all, sizeof(all), 0);
        if (got < static_cast<ssize_t>(sizeof(Header))) return false;
        std::memcpy(&header, all, sizeof(header));
        header = {ntohl(header.number),
                  static_cast<std::uint32_t>(got) - static_cast<std::uint32_t>(sizeof(Header))};
        std::memcpy(bytes, all + sizeof(Header), header.length);
        return true;
    }
    if (!receive_all(fd, &header, sizeof(header))) return false;
    header = {ntohl(header.number), ntohl(header.length)};
    return header.length <= most && receive_all(fd, bytes, header.length);
}

static void receive_file(int fd) {
    std::ofstream file;
    std::uint32_t expected = 0;
    Header header;
    char bytes[1000];
    while (receive_unit(fd, header, bytes, sizeof(bytes))) {
        if (header.number == expected && header.number == 0) {
            std::string name(bytes, header.length);
            if (name.find('/') != std::string::npos || name[0] == '.') return;
            if (kFault == Fault::ignores_the_name) name = "file";
            file.open("received/" + name, std::ios::binary);
        } else if (header.number == expected || kFault == Fault::writes_duplicates) {
            file.write(bytes, header.length);
        }
        if (header.number == expected) ++expected;
        if (header.length == 0 && kFault != Fault::keeps_the_file_open) file.close();
        const std::uint32_t answer = htonl(header.number);
        if (!send_all(fd, &answer, sizeof(answer))) return;
    }
    while (kFault == Fault::keeps_the_file_open) pause();
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7101);
    mkdir("received", 0755);
    const int listener = serve(SOCK_STREAM, line.address);
    while (true) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) die("accept");
        receive_file(fd);
        close(fd);
    }
}
