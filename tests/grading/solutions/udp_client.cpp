// SPDX-License-Identifier: MIT
// Problem 1 over UDP, the client: a datagram `N name`, one `D number, 100 bytes` for each unit, one
// `E`.
#include <cstdint>
#include <fstream>

#include "net.hpp"

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7102);
    std::ifstream file(line.operands.at(0), std::ios::binary);
    if (!file) die(line.operands[0].c_str());
    const int fd = connect_to(SOCK_DGRAM, line.address);

    std::string datagram = "N" + line.operands[0].substr(line.operands[0].rfind('/') + 1);
    send_all(fd, datagram);
    std::string unit(100, '\0');
    for (std::uint32_t number = 0; file.read(unit.data(), 100), file.gcount() > 0; ++number) {
        const std::uint32_t field = htonl(number);
        datagram = "D";
        datagram.append(reinterpret_cast<const char*>(&field), sizeof(field));
        datagram.append(unit, 0, static_cast<std::size_t>(file.gcount()));
        send_all(fd, datagram);
        usleep(100);  // what comes too fast is lost
    }
    send_all(fd, "E");
}
