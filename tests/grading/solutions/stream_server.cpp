// SPDX-License-Identifier: MIT
// Problem 4, the server: a datagram with the name comes, the clip goes back in datagrams of random
// size, as fast as it is played: a WAV file says how many bytes that is a second.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "net.hpp"

using Clock = std::chrono::steady_clock;

static void stream(int fd, sockaddr_in peer, const std::string& clip) {
    std::uint32_t rate = 64000;
    if (clip.size() > 32) std::memcpy(&rate, clip.data() + 28, sizeof(rate));
    if (kFault == Fault::sends_a_download) rate *= 4;
    if (kFault == Fault::plays_a_download_at_the_end) rate *= 10;

    std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<std::size_t> sizes(1000, 2000);
    const auto start = Clock::now();
    for (std::size_t at = 0; at < clip.size();) {
        const std::size_t size = kFault == Fault::sends_equal_sizes ? 1500 : sizes(random);
        const std::string datagram = "D" + clip.substr(at, size);
        sendto(fd, datagram.data(), datagram.size(), 0, as_sockaddr(peer), sizeof(peer));
        at += datagram.size() - 1;
        const auto due = std::chrono::duration<double>(static_cast<double>(at) / rate);
        std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(due));
    }
    sendto(fd, "E", 1, 0, as_sockaddr(peer), sizeof(peer));
}

int main(int argc, char** argv) {
    CommandLine line = parse(argc, argv, 7401);
    const int fd = serve(SOCK_DGRAM, line.address);
    while (true) {
        char name[256];
        sockaddr_in peer{};
        socklen_t length = sizeof(peer);
        const ssize_t got = recvfrom(fd, name, sizeof(name), 0, as_sockaddr(peer), &length);
        if (got <= 0) continue;
        const std::string wanted(name, static_cast<std::size_t>(got));
        std::ifstream file(wanted, std::ios::binary);
        if (!file || wanted.find('/') != std::string::npos) {
            sendto(fd, "X", 1, 0, as_sockaddr(peer), length);
            continue;
        }
        stream(fd, peer, {std::istreambuf_iterator<char>(file), {}});
    }
}
