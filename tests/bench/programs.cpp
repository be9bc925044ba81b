// SPDX-License-Identifier: MIT
#include "tests/bench/programs.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
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

void require_success(const Finished& finished) {
    if (finished.code != 0) throw std::runtime_error(finished.err);
}

void read_lines(RawTcp& peer, std::ptrdiff_t count) {
    std::array<std::byte, 65536> buffer;
    while (count > 0) {
        const auto got = peer.stream().read_some(buffer);
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
        const auto got = peer.stream().read_some(buffer);
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

// Of a server whose standard output is a file.
std::uint16_t port_told_in(const std::string& file) {
    const Pattern sign = matching("listening on 127.0.0.1:([0-9]+)$");
    for (const TimePoint deadline = deadline_in(kLongest); Clock::now() < deadline;) {
        const auto told = std::filesystem::exists(file) ? sign.find(read_file(file)) : std::nullopt;
        if (told) return static_cast<std::uint16_t>(std::stoul(told->groups[1]));
        std::this_thread::yield();
    }
    throw std::runtime_error("the server does not listen");
}

// For one file, into `folder`.
Server start_server(const Cores& cores, const std::string& name, const std::string& folder,
                    const Argv& options) {
    Argv args{"-q", "--once", "--dir", folder};
    args.insert(args.end(), options.begin(), options.end());
    return start_on(cores.server, [&] { return Server(name, args); });
}

Finished run_client(const Cores& cores, const std::string& name, std::uint16_t port,
                    const Argv& options, const std::string& file) {
    const Pinned pinned(cores.client);
    Argv argv{program(name), "-q", "-p", std::to_string(port), file};
    argv.insert(argv.end(), options.begin(), options.end());
    return run(argv, {}, kLongest);
}

}  // namespace

double upload_tcp(const Cores& cores, const std::string& file, const std::string& folder,
                  const Argv& options, const Argv& of_server) {
    const Server server = start_server(cores, "problem1/tcp_server", folder, of_server);
    const TimePoint start = Clock::now();
    require_success(run_client(cores, "problem1/tcp_client", server.port(), options, file));
    return per_second(megabytes(file), start);
}

UdpUpload upload_udp(const Cores& cores, const std::string& file, const std::string& folder,
                     const Argv& options, const Argv& of_server) {
    Server server = start_server(cores, "problem1/udp_server", folder, of_server);
    const TimePoint start = Clock::now();
    const Finished client = run_client(cores, "problem1/udp_client", server.port(), options, file);
    const double rate = per_second(megabytes(file), start);
    if (server.process().wait(kLongest).code == 0) {
        require_success(client);
        return {rate, 100};
    }
    const std::string told = server.process().err();
    const auto counts = matching("([0-9]+) of ([0-9]+) chunks? arrived").find(told);
    if (!counts) throw std::runtime_error(told);
    return {0, 100 * std::stod(counts->groups[1]) / std::stod(counts->groups[2])};
}

double download(const Cores& cores, const FileServer& server, int clients, int files) {
    const Pinned pinned(cores.client);
    std::atomic<int> left(files);
    const TimePoint start = Clock::now();
    in_threads(clients, [&] {
        while (left-- > 0) fetch(server);
    });
    return per_second(files, start);
}

double requests(const Cores& cores, std::uint16_t port, const std::string& request, int in_flight,
                int rounds, int lines) {
    const Pinned pinned(cores.client);
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

double dialogue(const Cores& cores, const std::string& transport, int lines) {
    const std::string base = "problem5/" + transport + "_chat_";
    const TempDir folder;
    std::string script;
    for (int i = 0; i < lines; ++i) script += "a line of a dialogue\n";
    write_file(folder / "script", script);

    // From file to file: a pipe would wake up this process for every line.
    const auto scripted = [&](const std::string& end, const std::string& options) {
        return Argv{"/bin/sh", "-c",
                    "exec " + program(base + end) + " -q " + options + " <script >" + end};
    };
    const SpawnOptions in_folder{.cwd = folder.path()};
    Subprocess server = start_on(
        cores.server, [&] { return Subprocess(scripted("server", "--once -p 0"), in_folder); });
    const std::uint16_t port = port_told_in(folder / "server");
    const Pinned pinned(cores.client);
    const TimePoint start = Clock::now();
    require_success(run(scripted("client", "-p " + std::to_string(port)), {.cwd = folder.path()},
                        {}, kLongest));
    const double rate = per_second(lines, start);
    if (server.wait(kLongest).code != 0) throw std::runtime_error(server.err());
    for (const char* end : {"server", "client"}) {
        if (std::ranges::count(read_file(folder / end), '\n') < lines) {
            throw std::runtime_error(std::string("not all that was said has come to the ") + end);
        }
    }
    return rate;
}

double burst(const Cores& cores, std::uint16_t port, const std::string& hello) {
    const Pinned pinned(cores.client);
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
