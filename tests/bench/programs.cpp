// SPDX-License-Identifier: MIT
#include "tests/bench/programs.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/bench/comparison.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::bench {

namespace {

using namespace netlab::testing;

constexpr Duration kLongest = seconds(60);

double megabytes(const std::string& file) {
    return static_cast<double>(std::filesystem::file_size(file)) / 1e6;
}

void require_success(const Finished& finished) {
    if (finished.code != 0) throw std::runtime_error(finished.err);
}

void read_lines(RawTcp& peer, std::ptrdiff_t count) {
    std::array<std::byte, 65536> buffer;
    while (count > 0) {
        const auto got = peer.stream().read_some(buffer, deadline_in(kLongest));
        if (got.value_or(0) == 0) throw std::runtime_error("the answers end early");
        const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(*got);
        count -= std::count(buffer.begin(), end, std::byte{'\n'});
    }
}

void fetch(const FileServer& server) {
    RawTcp peer(server.port);
    peer.send(server.request);
    std::vector<std::byte> buffer(256 * 1024);
    std::string head;  // and what came along with it
    std::size_t end = std::string::npos;
    std::uint64_t received = 0;
    while (end == std::string::npos || received < end + server.size) {
        const auto got = peer.stream().read_some(buffer, deadline_in(kLongest));
        if (got.value_or(0) == 0) throw std::runtime_error("the download ends early");
        received += *got;
        if (end != std::string::npos) continue;
        head += as_text(Bytes(buffer).first(*got));
        end = head.find(server.end_of_head);
        if (end != std::string::npos) end += server.end_of_head.size();
    }
}

// Does the same in several threads; a failure is thrown.
template <typename Work>
void in_threads(int count, Work work) {
    std::exception_ptr failure;
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&] {
            try {
                work();
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

double upload_tcp(const std::string& file, const std::string& folder, int window) {
    Server server("problem1/tcp_server", {"-q", "--once", "--dir", folder});
    const TimePoint start = Clock::now();
    require_success(run({program("problem1/tcp_client"), "-q", "-p", std::to_string(server.port()),
                         "--window", std::to_string(window), file},
                        {}, kLongest));
    return per_second(megabytes(file), start);
}

double upload_udp(const std::string& file, const std::string& folder) {
    Server server("problem1/udp_server", {"-q", "--once", "--dir", folder});
    const TimePoint start = Clock::now();
    require_success(run({program("problem1/udp_client"), "-q", "-p", std::to_string(server.port()),
                         "--rate", "max", file},
                        {}, kLongest));
    if (server.process().wait().code != 0) throw std::runtime_error(server.process().err());
    return per_second(megabytes(file), start);
}

double download(const FileServer& server, int clients) {
    const TimePoint start = Clock::now();
    in_threads(clients, [&] { fetch(server); });
    return per_second(static_cast<double>(server.size) * clients / 1e6, start);
}

double connections(const FileServer& server) {
    constexpr int kEach = 1000;
    const TimePoint start = Clock::now();
    in_threads(4, [&] {
        for (int i = 0; i < kEach; ++i) fetch(server);
    });
    return per_second(4 * kEach, start);
}

double requests(std::uint16_t port, const std::string& request, int in_flight, int lines) {
    const int rounds = in_flight == 1 ? 20'000 : 1000;
    std::string batch;
    for (int i = 0; i < in_flight; ++i) batch += request;
    RawTcp peer(port);
    const TimePoint start = Clock::now();
    for (int round = 0; round < rounds; ++round) {
        peer.send(batch);
        read_lines(peer, static_cast<std::ptrdiff_t>(in_flight) * lines);
    }
    return per_second(static_cast<double>(rounds) * in_flight, start);
}

double dialogue(const std::string& transport) {
    constexpr int kLines = 10'000;
    const std::string base = "problem5/" + transport + "_chat_";
    std::string script;
    for (int i = 0; i < kLines; ++i) script += "a line of a dialogue\n";

    Server server(base + "server", {"-q", "--once"}, {.input = Input::kPipe});
    std::jthread typing([&] { server.process().write(script, kLongest); });
    const TimePoint start = Clock::now();
    require_success(run({program(base + "client"), "-q", "-p", std::to_string(server.port())},
                        script, kLongest));
    return per_second(kLines, start);
}

double burst(std::uint16_t port, const std::string& hello) {
    constexpr int kMembers = 200;
    constexpr int kLines = 1000;
    std::deque<RawTcp> members;
    for (int i = 0; i < kMembers; ++i) {
        members.emplace_back(port).send(hello);
        // What the newcomer hears tells that it is in the room.
        static_cast<void>(members.back().read_line());
    }
    // All have heard all the greetings once each has heard this one.
    members.front().send("the last before the burst\n");
    for (RawTcp& member : members) {
        if (&member == &members.front()) continue;
        while (!member.read_line().ends_with("the last before the burst")) continue;
    }
    std::string lines;
    for (int i = 0; i < kLines; ++i) lines += "line " + std::to_string(i) + " of a burst\n";
    const TimePoint start = Clock::now();
    members.front().send(lines);
    for (RawTcp& member : members) {
        if (&member != &members.front()) read_lines(member, kLines);
    }
    return per_second(static_cast<double>(kMembers - 1) * kLines, start);
}

}  // namespace netlab::bench
