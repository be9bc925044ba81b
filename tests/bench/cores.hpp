// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace netlab::bench {

// On which cores the two ends of a comparison run; nullopt leaves it to the scheduler. A ping-pong
// over loopback is several times as fast on one core as between two, and anything in between where
// the scheduler chooses.
struct Cores {
    std::string name;  // in the table
    std::optional<int> client;
    std::optional<int> server;
};

inline const Cores kOneCore{"one", 0, 0};
inline const Cores kTwoCores{"two", 0, 1};
inline const Cores kAnyCore{"free", {}, {}};

// Keeps the calling thread, and what it starts meanwhile, on one core: the n-th of those that this
// process had at first. sched_setaffinity(2). Throws std::runtime_error if there are fewer.
class Pinned {
  public:
    explicit Pinned(const std::optional<int>& core);
    ~Pinned();
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

  private:
    cpu_set_t before_;
};

// What `start` returns: a program, say, which then stays on this core.
auto start_on(const std::optional<int>& core, auto start) {
    const Pinned pinned(core);
    return start();
}

// Meanwhile each core has something else to do, too, as beside a compiler.
class BusyCores {
  public:
    BusyCores();

  private:
    std::vector<std::jthread> threads_;
};

// What root starts meanwhile runs as the user `nobody`; for others it changes nothing.
// setresuid(2).
class AsNobody {
  public:
    AsNobody();
    ~AsNobody();
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
};

}  // namespace netlab::bench
