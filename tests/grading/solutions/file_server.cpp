// SPDX-License-Identifier: MIT
// Problem 2, the server: `GET name` is answered by `OK size` and the bytes, in a thread for each
// client.
#include <fstream>
#include <iterator>
#include <thread>

#include "net.hpp"

static bool leads_out(const std::string& name) {
    return name.empty() || name[0] == '/' || name.find("..") != std::string::npos;
}

static bool send_file(int fd, const std::string& name) {
    std::ifstream file(name, std::ios::binary | std::ios::ate);
    if (!file || (leads_out(name) && kFault != Fault::lets_names_out))
        return send_all(fd, "ERROR no such file\n");
    auto left = static_cast<long long>(file.tellg());
    file.seekg(0);
    if (!send_all(fd, "OK " + std::to_string(left) + "\n")) return false;
    char block[4096];
    while (left > 0 && file.read(block, sizeof(block)).gcount() > 0) {
        if (!send_all(fd, block, static_cast<std::size_t>(file.gcount()))) return false;
        left -= file.gcount();
    }
    return left == 0;
}

static void serve_client(int fd) {
    LineReader reader(fd);
    std::string line;
    while (reader.next(line)) {
        if (line.rfind("GET ", 0) == 0 ? !send_file(fd, line.substr(4))
                                       : !send_all(fd, "ERROR what?\n"))
            break;
    }
    close(fd);
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7201);
    const int listener = serve(SOCK_STREAM, line.address);
    while (true) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) die("accept");
        if (kFault == Fault::one_at_a_time) {
            serve_client(fd);
        } else {
            std::thread(serve_client, fd).detach();
        }
    }
}
