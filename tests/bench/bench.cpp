// SPDX-License-Identifier: MIT
//
// Measures each program against a limit of this machine or a well-known peer, in turns, and prints
// a row of a Markdown table for each. Operands are numbers of problems; none means all.
//
//     netlab_bench --quick 1 3        three rounds, less to do in each
//     netlab_bench --curves DIR       the points of problem 1's plots, in two files
//
// See also: run.sh, which builds and runs it; comparison.hpp, how it is measured.
#include <algorithm>
#include <deque>
#include <functional>
#include <stdexcept>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "common/screen.hpp"
#include "tests/bench/comparison.hpp"
#include "tests/bench/crowd.hpp"
#include "tests/bench/curves.hpp"
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

class Bench {
  public:
    explicit Bench(bool quick) : quick_(quick) {}

    // False if something failed.
    bool run(const std::vector<std::string>& problems) {
        const std::pair<std::string, void (Bench::*)()> all[] = {
            {"1", &Bench::problem1_tcp}, {"1", &Bench::problem1_udp}, {"2", &Bench::problem2},
            {"3", &Bench::problem3},     {"4", &Bench::problem4},     {"5", &Bench::problem5},
            {"6", &Bench::problem6}};
        for (const auto& [number, measure] : all) {
            if (!problems.empty() && std::ranges::find(problems, number) == problems.end())
                continue;
            table_.attempt("problem " + number, [&, measure = measure] { (this->*measure)(); });
        }
        return table_.print_notes();
    }

  private:
    // Less to do in the quick mode, and in fewer rounds.
    [[nodiscard]] int some(int amount) const { return quick_ ? amount / 8 : amount; }
    [[nodiscard]] int rounds(int wanted) const { return quick_ ? 3 : wanted; }
    void compare(Row row) {
        row.rounds = rounds(row.rounds);
        table_.attempt(row.what, [&] { table_.compare(row); });
    }

    void problem1_tcp() {
        const TempDir folder;
        const int chunks = some(48'000);
        const std::string small = file_of(folder, "small", static_cast<std::size_t>(chunks) * 100);
        for (const Cores& cores : {kOneCore, kTwoCores}) {
            compare({.what = "1 TCP, window 1, chunks of 100 bytes",
                     .unit = "chunks/s",
                     .cores = cores,
                     .ours = [&] { return upload_tcp(cores, small, folder / "in", {}) * 1e4; },
                     .other = {"raw ping-pong of 100 bytes",
                               [&] { return tcp_ping_pong(cores, chunks, 100); }},
                     .goal = "≥ 0.9"});
        }
        const std::string large =
            file_of(folder, "large", static_cast<std::size_t>(some(200)) * 1'000'000);
        Row window{.what = "1 TCP, window 4096, chunks of 100 bytes",
                   .unit = "MB/s",
                   .cores = kTwoCores,
                   .ours = [&] {
                       return upload_tcp(kTwoCores, large, folder / "in", {"--window", "4096"});
                   }};
        window.other = {"plain copy through TCP",
                        [&] { return tcp_copy(kTwoCores, large, folder / "copy"); }};
        window.goal = "≥ 0.6";
        compare(window);
        const std::string blocks =
            file_of(folder, "blocks", static_cast<std::size_t>(chunks) / 4 * 512);
        window.other = {"`tftp`, blocks of 512 bytes",
                        [&] { return upload_tftp(kTwoCores, blocks, folder.path()); }};
        window.goal = "≥ 50";
        compare(window);
    }

    void problem1_udp() {
        const AsNobody nobody;
        const TempDir folder;
        const int size = some(400);
        const std::string file =
            file_of(folder, "file", static_cast<std::size_t>(size) * 1'000'000);
        const std::string what = "1 UDP, `--rate max --repair`, " + std::to_string(size) + " MB";
        int whole = 0;
        Row repair{.unit = "MB/s", .cores = kAnyCore, .ours = [&] {
                       const auto upload =
                           upload_udp(kAnyCore, file, folder / "in", {"--rate", "max", "--repair"});
                       whole += upload.rate > 0 ? 1 : 0;
                       return upload.rate;
                   }};
        const auto compare_repair = [&](const std::string& how, int times) {
            whole = 0;
            repair.what = what + how;
            repair.rounds = rounds(times);
            repair.remark = [&] {
                return ", whole in " + std::to_string(whole) + " of " +
                       std::to_string(repair.rounds);
            };
            compare(repair);
        };
        repair.goal = "≥ 400 MB/s, always whole";
        compare_repair("", 20);
        {
            const BusyCores busy;
            repair.goal = "always whole";
            compare_repair(", beside a busy thread on each core", 20);
        }
        repair.other = {"`uftp -R -1`", [&] { return upload_uftp(kAnyCore, file, folder.path()); }};
        repair.goal = "≥ 3";
        compare_repair("", 7);
        compare(
            {.what = "1 UDP, `--rate max` without repair",
             .unit = "% arrived",
             .ours =
                 [&] {
                     return upload_udp(kAnyCore, file, folder / "in", {"--rate", "max"}).arrived;
                 },
             .goal = "–"});
    }

    void problem2() {
        constexpr std::uint64_t kLarge = 64 * 1024 * 1024;
        const TempDir folder;
        file_of(folder, "large", kLarge);
        file_of(folder, "small", 1024);
        const TempDir work;
        const Server server("problem2/server", {"-q", "--root", folder.path()});
        const Peer nginx = start_nginx(kAnyCore, folder.path(), work.path());
        const auto of_suite = [&](const std::string& name, std::uint64_t size) {
            return FileServer{server.port(), "GET " + name + "\n", "\n", size};
        };
        const auto of_nginx = [&](const std::string& name, std::uint64_t size) {
            return FileServer{nginx.port, "GET /" + name + " HTTP/1.0\r\n\r\n", "\r\n\r\n", size};
        };
        const auto megabytes = [&](const FileServer& from, int clients) {
            const int files = std::max(clients, some(32));
            return download(kAnyCore, from, clients, files) * kLarge / 1e6;
        };
        for (const int clients : {1, 8, 64}) {
            compare(
                {.what = "2, 64 MiB, " + std::to_string(clients) + " at once",
                 .unit = "MB/s",
                 .ours = [&] { return megabytes(of_suite("large", kLarge), clients); },
                 .other = {"nginx", [&] { return megabytes(of_nginx("large", kLarge), clients); }},
                 .goal = "≥ 0.95"});
        }
        const auto files = [&](const FileServer& from) {
            return download(kAnyCore, from, 4, some(8000));
        };
        compare({.what = "2, 1 KiB, a connection each, 4 at once",
                 .unit = "files/s",
                 .ours = [&] { return files(of_suite("small", 1024)); },
                 .other = {"nginx", [&] { return files(of_nginx("small", 1024)); }},
                 .goal = "≥ 0.85"});
    }

    static Server calculator(const Cores& cores) {
        return start_on(cores.server, [] { return Server("problem3/server", {"-q"}); });
    }

    void problem3() {
        for (const Cores& cores : {kOneCore, kTwoCores}) {
            const int rounds = some(40'000);
            const Server server = calculator(cores);
            compare(
                {.what = "3, one request at a time",
                 .unit = "requests/s",
                 .cores = cores,
                 .ours = [&] { return requests(cores, server.port(), "12 + 30\n", 1, rounds, 1); },
                 .other = {"raw ping-pong of 8 bytes",
                           [&] { return tcp_ping_pong(cores, rounds, 8); }},
                 .goal = "≥ 0.95"});
        }
        const Server server = calculator(kTwoCores);
        const Peer redis = start_redis(kTwoCores);
        RawTcp(redis.port).send("SET k 42\r\n");
        for (const std::string request : {"12 + 30", "355 / 113"}) {
            compare({.what = "3, `" + request + "`, 1000 in flight",
                     .unit = "requests/s",
                     .cores = kTwoCores,
                     .ours =
                         [&] {
                             return requests(kTwoCores, server.port(), request + "\n", 1000,
                                             some(3000), 1);
                         },
                     .other = {"redis GET",
                               [&] {
                                   return requests(kTwoCores, redis.port, "GET k\r\n", 1000,
                                                   some(1000), 2);
                               }},
                     .goal = "≥ 4"});
        }
    }

    void problem4() {
        constexpr std::size_t kClients = 1000;
        constexpr std::uint32_t kRate = 125'000;
        const int length = quick_ ? 2 : 10;
        std::size_t late = 0;
        std::deque<double> prices;
        table_.compare({.what = "4, 1000 clients of 1 Mbit/s each",
                        .unit = "% of a core",
                        .cores = kTwoCores,
                        .ours =
                            [&] {
                                const auto half =
                                    stream_to_crowd(kTwoCores, kClients / 2, kRate, length);
                                const auto all =
                                    stream_to_crowd(kTwoCores, kClients, kRate, length);
                                prices.push_back((all.server - half.server) / (kClients / 2));
                                late += all.late;
                                return all.server;
                            },
                        .goal = "≤ 30",
                        .rounds = rounds(7),
                        .remark =
                            [&] {
                                return late == 0 ? ", all served in time"
                                                 : ", not served in time: " + std::to_string(late);
                            }});
        table_.compare({.what = "4, one client more (between 500 and 1000)",
                        .unit = "% of a core",
                        .cores = kTwoCores,
                        .ours =
                            [&] {
                                const double price = prices.at(0);
                                prices.pop_front();
                                return price;
                            },
                        .goal = "–",
                        .rounds = rounds(7)});
    }

    void problem5() {
        const int lines = some(20'000);
        for (const Cores& cores : {kOneCore, kTwoCores}) {
            compare({.what = "5 TCP, two scripts",
                     .unit = "rounds/s",
                     .cores = cores,
                     .ours = [&] { return dialogue(cores, "tcp", lines); },
                     .other = {"raw ping-pong of 21 bytes",
                               [&] { return tcp_ping_pong(cores, lines, 21); }},
                     .goal = "≥ 0.9"});
            compare({.what = "5 UDP, two scripts",
                     .unit = "rounds/s",
                     .cores = cores,
                     .ours = [&] { return dialogue(cores, "udp", lines); },
                     .other = {"two raw ping-pongs of 27 bytes",
                               [&] { return udp_ping_pong(cores, 2 * lines, 27) / 2; }},
                     .goal = "≥ 0.9"});
        }
    }

    // With a member that says `hello` and never reads, or without one.
    static double burst_beside(std::uint16_t port, const std::string& hello, bool frozen) {
        std::optional<RawTcp> member;
        if (frozen) member.emplace(port).send(hello);
        return burst(kAnyCore, port, hello);
    }

    static double room_burst(bool frozen) {
        const Server server = start_on(kAnyCore.server, [] {
            return Server("problem6/server", {"-q", "--room"}, {.input = Input::kPipe});
        });
        return burst_beside(server.port(), "/who\n", frozen);
    }

    static double ncat_burst() {
        const Peer ncat = start_ncat_chat(kAnyCore);
        return burst_beside(ncat.port, "", true);
    }

    void problem6() {
        const Row room{.what = "6, room of 200, 1000 lines, one frozen",
                       .unit = "lines/s",
                       .cores = kAnyCore,
                       .ours = [] { return room_burst(true); },
                       .other = {"`ncat --chat`, one frozen", ncat_burst},
                       .goal = "≥ 2"};
        compare(room);
        Row same = room;
        same.other = {"none frozen", [] { return room_burst(false); }};
        same.goal = "about 1";
        compare(same);
    }

    bool quick_;
    Table table_;
};

void write_curves(const std::string& folder, bool quick) {
    write_file(folder + "/throughput.dat", throughput_over_window(quick));
    write_file(folder + "/goodput.dat", goodput_over_loss(quick));
}

int bench(std::vector<std::string> words) {
    raise_descriptor_limit();  // a thousand connections, and both ends of some
    const auto quick = std::ranges::find(words, "--quick");
    const bool is_quick = quick != words.end();
    if (is_quick) words.erase(quick);
    if (words.size() == 2 && words[0] == "--curves") {
        write_curves(words[1], is_quick);
        return 0;
    }
    for (const std::string& number : words) {
        if (number.size() != 1 || number[0] < '1' || number[0] > '6') {
            throw std::invalid_argument(number + ": not a problem, 1 to 6");
        }
    }
    return Bench(is_quick).run(words) ? 0 : 1;
}

}  // namespace
}  // namespace netlab::bench

int main(int argc, char** argv) {
    try {
        return netlab::bench::bench({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        netlab::print_error(std::string("netlab_bench: ") + error.what() + "\n");
        return 1;
    }
}
