// SPDX-License-Identifier: MIT
//
// Measures the streaming server with a crowd of light clients:
//
//     netlab_crowd 1000 125000 10      1000 clients of a clip of 10 s with 125 000 bytes a second
//
// They begin one after the other, over half the length of the clip.
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "common/cli.hpp"
#include "common/thread_server.hpp"
#include "tests/problem4/light_client.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::problem4 {
namespace {

// The processor time that a process has used so far, in seconds; fields 14 and 15 of its line
// (proc(5)), after its name in brackets.
double processor_time(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string field;
    for (int i = 1; i <= 13; ++i) file >> field;
    double user = 0;
    double system = 0;
    file >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int run(int argc, char** argv) {
    if (argc != 4) throw UsageError("usage: netlab_crowd CLIENTS BYTES_A_SECOND SECONDS");
    const auto count = parse_number<std::size_t>(argv[1], 1, 100'000);
    const auto rate = parse_number<std::uint32_t>(argv[2], 1000, 100'000'000);
    const auto length = parse_number<int>(argv[3], 1, 3600);

    raise_descriptor_limit();
    const testing::TempDir dir;
    const std::string clip = wav_clip(rate, seconds(length));
    testing::write_file(dir / "clip.wav", clip);
    testing::Server server("problem4/server",
                           {"--root", dir.path(), "--max-clients", "100000", "--quiet"});
    std::vector<LightClient> clients;
    const TimePoint start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(count);
        clients.emplace_back(server.port(), "clip.wav", clip, rate,
                             start + from_seconds(share * length / 2));
    }

    const pid_t pid = server.process().pid();
    double used = 0;
    double at_most = 0;
    TimePoint last = start;
    double last_used = 0;
    run_all(clients, seconds(10 * length + 60), [&](TimePoint now) {
        used = processor_time(pid);
        if (now - last < seconds(1)) return;
        at_most = std::max(at_most, (used - last_used) / to_seconds(now - last));
        last = now;
        last_used = used;
    });

    std::size_t failed = 0;
    std::size_t starved = 0;
    Duration longest{};
    Duration longest_wait{};
    std::uint64_t datagrams = 0;
    for (const LightClient& client : clients) {
        if (!client.error().empty() && failed++ == 0) std::cout << client.error() << '\n';
        starved += client.starved() > milliseconds(100) ? 1 : 0;
        datagrams += client.datagrams();
        longest = std::max(longest, client.elapsed());
        longest_wait = std::max(longest_wait, client.starved());
    }
    const double elapsed = to_seconds(Clock::now() - start);
    std::cout << count << " clients of " << rate << " bytes/s, " << length << " s: " << failed
              << " failed, " << starved << " starved (at most " << show_duration(longest_wait)
              << "), longest " << show_duration(longest) << "; server: " << 100 * used / elapsed
              << " % of a core, at most " << 100 * at_most << " % in a second, "
              << 1e6 * used / static_cast<double>(datagrams)
              << " us for each datagram that arrived\n";
    return failed + starved == 0 ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem4

int main(int argc, char** argv) {
    return netlab::run_program("netlab_crowd", [&] { return netlab::problem4::run(argc, argv); });
}
