// SPDX-License-Identifier: MIT
#include "tests/bench/crowd.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/problem4/light_client.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::bench {

namespace {

using namespace netlab::problem4;

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

}  // namespace

CrowdLoad stream_to_crowd(const Cores& cores, std::size_t count, std::uint32_t rate, int length) {
    const testing::TempDir dir;
    const std::string clip = wav_clip(rate, seconds(length));
    testing::write_file(dir / "clip.wav", clip);
    testing::Server server = start_on(cores.server, [&] {
        return testing::Server("problem4/server",
                               {"--root", dir.path(), "--max-clients", "100000", "--quiet"});
    });

    const Pinned pinned(cores.client);
    std::vector<LightClient> clients;
    const TimePoint start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const auto share = static_cast<double>(i) / static_cast<double>(count);
        clients.emplace_back(server.port(), "clip.wav", clip, rate,
                             start + from_seconds(share * length / 4));
    }

    double used = 0;
    run_all(clients, seconds(10 * length + 60),
            [&](TimePoint) { used = processor_time(server.process().pid()); });

    CrowdLoad load{.server = 100 * used / length};
    for (const LightClient& client : clients) {
        load.late += !client.error().empty() || client.starved() > milliseconds(100) ? 1 : 0;
    }
    return load;
}

}  // namespace netlab::bench
