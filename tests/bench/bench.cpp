// SPDX-License-Identifier: MIT
//
// Measures each program against a limit of this machine or a well-known peer, in turns, and prints
// a row of a Markdown table for each. Operands are numbers of problems; none means all.
//
// See also: run.sh, which builds and runs it; comparison.hpp, how it is measured.
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "common/error.hpp"
#include "common/screen.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/bench/limits.hpp"
#include "tests/bench/peers.hpp"
#include "tests/bench/programs.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::bench {
namespace {

using namespace netlab::testing;

std::string file_of(const TempDir& folder, const std::string& name, std::size_t size) {
    write_file(folder / name, random_bytes(size, 1));
    return folder / name;
}

void problem1() {
    const TempDir folder;
    const std::string small = file_of(folder, "small", 2'000'000);
    const std::string large = file_of(folder, "large", 200'000'000);
    compare("1 TCP, window 1, chunks of 100 bytes", "rounds/s",
            {"", [&] { return upload_tcp(small, folder / "in", 1) * 1e4; }},
            {"raw ping-pong of 100 bytes", [] { return tcp_ping_pong(20'000, 100); }}, 0.9);
    compare("1 TCP, window 4096, chunks of 100 bytes", "MB/s",
            {"", [&] { return upload_tcp(large, folder / "in", 4096); }},
            {"plain copy through TCP", [&] { return tcp_copy(large, folder / "copy"); }}, 0.7);
    compare("1 UDP, `--rate max`, whole", "MB/s",
            {"", [&] { return upload_udp(large, folder / "in"); }},
            {"the goal", [] { return 400.0; }}, 1.0);
}

FileServer suite_file(const Server& server, const std::string& name, std::uint64_t size) {
    return {server.port(), "GET " + name + "\n", "\n", size};
}

FileServer web_file(const Peer& nginx, const std::string& name, std::uint64_t size) {
    return {nginx.port, "GET /" + name + " HTTP/1.0\r\n\r\n", "\r\n\r\n", size};
}

void problem2() {
    constexpr std::uint64_t kLarge = 64 * 1024 * 1024;
    const TempDir folder;
    file_of(folder, "large", kLarge);
    file_of(folder, "small", 1024);
    const TempDir work;
    const Server server("problem2/server", {"-q", "--root", folder.path()});
    const Peer nginx = start_nginx(folder.path(), work.path());
    for (const int clients : {1, 8, 64}) {
        compare("2, 64 MiB, " + std::to_string(clients) + " at once", "MB/s",
                {"", [&] { return download(suite_file(server, "large", kLarge), clients); }},
                {"nginx", [&] { return download(web_file(nginx, "large", kLarge), clients); }},
                0.9);
    }
    compare("2, 1 KiB, a connection each", "files/s",
            {"", [&] { return connections(suite_file(server, "small", 1024)); }},
            {"nginx", [&] { return connections(web_file(nginx, "small", 1024)); }}, 0.8);
}

void problem3() {
    const Server server("problem3/server", {"-q"});
    compare("3, one request at a time", "requests/s",
            {"", [&] { return requests(server.port(), "12 + 30\n", 1, 1); }},
            {"raw ping-pong of 8 bytes", [] { return tcp_ping_pong(20'000, 8); }}, 0.9);
    const Peer redis = start_redis();
    RawTcp(redis.port).send("SET k 42\r\n");
    const Side get{"redis GET", [&] { return requests(redis.port, "GET k\r\n", 1000, 2); }};
    for (const char* request : {"12 + 30\n", "355 / 113\n"}) {
        const std::string shown(request, std::string_view(request).size() - 1);
        compare("3, `" + shown + "`, 1000 in flight", "requests/s",
                {"", [&] { return requests(server.port(), request, 1000, 1); }}, get, 1.5);
    }
}

void problem5() {
    compare("5 TCP, two scripts", "rounds/s", {"", [] { return dialogue("tcp"); }},
            {"raw ping-pong of 21 bytes", [] { return tcp_ping_pong(10'000, 21); }}, 0.8);
    compare("5 UDP, two scripts", "rounds/s", {"", [] { return dialogue("udp"); }},
            {"raw ping-pong of 27 bytes", [] { return udp_ping_pong(10'000, 27); }}, 0.8);
}

double room_burst(bool with_frozen) {
    const Server server("problem6/server", {"-q", "--room"}, {.input = Input::kPipe});
    std::optional<RawTcp> frozen;
    if (with_frozen) frozen.emplace(server.port()).send("/nick frozen\n");
    return burst(server.port(), "/who\n");
}

void problem6() {
    const Side frozen{"", [] { return room_burst(true); }};
    compare("6, room of 200, 1000 lines, one frozen", "lines/s", frozen,
            {"`ncat --chat`, none frozen",
             [] {
                 const Peer ncat = start_ncat_chat();
                 return burst(ncat.port, "");
             }},
            1.0);
    compare("6, the same", "lines/s", frozen, {"none frozen", [] { return room_burst(false); }},
            1.0);
}

int run(int argc, char** argv) {
    // A thousand connections at both ends of one process.
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);

    const std::pair<std::string, std::function<void()>> problems[] = {
        {"1", problem1}, {"2", problem2}, {"3", problem3}, {"5", problem5}, {"6", problem6}};
    const std::vector<std::string> wanted(argv + 1, argv + argc);
    for (const std::string& number : wanted) {
        if (number.size() != 1 || number[0] < '1' || number[0] > '6') {
            throw std::invalid_argument(number + ": not a problem, 1 to 6");
        }
    }
    print_table_head();
    for (const auto& [number, measure] : problems) {
        if (!wanted.empty() && std::ranges::find(wanted, number) == wanted.end()) continue;
        try {
            measure();
        } catch (const std::exception& error) {
            print_out("| " + number + ": not measured: " + error.what() + " | | | | | |\n");
        }
    }
    return 0;
}

}  // namespace
}  // namespace netlab::bench

int main(int argc, char** argv) {
    try {
        return netlab::bench::run(argc, argv);
    } catch (const std::exception& error) {
        netlab::print_error(std::string("netlab_bench: ") + error.what() + "\n");
        return 1;
    }
}
