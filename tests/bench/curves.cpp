// SPDX-License-Identifier: MIT
#include "tests/bench/curves.hpp"

#include <algorithm>
#include <functional>
#include <sstream>
#include <vector>

#include "tests/bench/limits.hpp"
#include "tests/bench/programs.hpp"
#include "tests/support/files.hpp"

namespace netlab::bench {

namespace {

using namespace netlab::testing;

double median_of(int rounds, const std::function<double()>& rate) {
    std::vector<double> rates;
    for (int i = 0; i < rounds; ++i) rates.push_back(rate());
    std::ranges::sort(rates);
    return rates[rates.size() / 2];
}

// A file in `folder` of about as many bytes as go through in a second at that rate.
std::string file_for(const TempDir& folder, double megabytes_a_second, bool quick) {
    const double bytes = megabytes_a_second * 1e6 * (quick ? 0.1 : 1);
    const std::string file = folder / "file";
    write_file(file, random_bytes(static_cast<std::size_t>(std::clamp(bytes, 1e5, 2e8)), 1));
    return file;
}

}  // namespace

std::string throughput_over_window(bool quick) {
    const int rounds = quick ? 1 : 5;
    const TempDir folder;
    const double stop_and_wait =
        median_of(rounds, [&] { return tcp_ping_pong(kTwoCores, 10'000, 100) * 100 / 1e6; });
    const std::string large = file_for(folder, 400, quick);
    const double copy =
        median_of(rounds, [&] { return tcp_copy(kTwoCores, large, folder / "copy"); });

    std::ostringstream points;
    double last = stop_and_wait;
    for (int window = 1; window <= 4096; window *= 2) {
        const std::string file = file_for(folder, last, quick);
        last = median_of(rounds, [&] {
            return upload_tcp(kTwoCores, file, folder / "in", {"--window", std::to_string(window)});
        });
        points << window << ' ' << last << ' ' << stop_and_wait << ' ' << copy << '\n';
    }
    return points.str();
}

std::string goodput_over_loss(bool quick) {
    const int rounds = quick ? 1 : 5;
    const TempDir folder;
    std::ostringstream points;
    double over_tcp = 5;
    double over_udp = 10;
    for (const char* loss : {"0", "0.1", "1", "2", "5", "10", "20"}) {
        // Under --impair each datagram takes a system call of its own: without a loss, too, so that
        // nothing but the loss differs.
        const std::string spec =
            loss == std::string("0") ? "drop=1000000000" : std::string("loss=") + loss + "%";
        int seed = 0;
        const auto impaired = [&](Argv options) {
            options.insert(options.end(), {"--impair", spec + ",seed=" + std::to_string(++seed)});
            return options;
        };
        std::string file = file_for(folder, over_tcp, quick);
        over_tcp = median_of(rounds, [&] {
            return upload_tcp(kTwoCores, file, folder / "in", impaired({"--window", "64"}),
                              impaired({}));
        });
        file = file_for(folder, over_udp, quick);
        over_udp = median_of(rounds, [&] {
            return upload_udp(kAnyCore, file, folder / "in",
                              impaired({"--rate", "max", "--repair"}), impaired({}))
                .rate;
        });
        points << loss << ' ' << over_tcp << ' ' << over_udp << '\n';
    }
    return points.str();
}

}  // namespace netlab::bench
