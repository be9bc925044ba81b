// SPDX-License-Identifier: MIT
#include "tests/bench/cores.hpp"

#include <unistd.h>

#include <stdexcept>

#include "common/error.hpp"

namespace netlab::bench {

namespace {

constexpr uid_t kNobody = 65534;

cpu_set_t affinity() {
    cpu_set_t cores;
    check(::sched_getaffinity(0, sizeof cores, &cores), "sched_getaffinity");
    return cores;
}

}  // namespace

Pinned::Pinned(const std::optional<int>& core) : before_(affinity()) {
    static const cpu_set_t kAll = before_;
    if (!core) return;
    int left = *core;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (!CPU_ISSET(i, &kAll) || left-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        check(::sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
        return;
    }
    throw std::runtime_error("this needs " + std::to_string(*core + 1) + " cores");
}

Pinned::~Pinned() {
    ::sched_setaffinity(0, sizeof before_, &before_);
}

BusyCores::BusyCores() {
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
        threads_.emplace_back([](const std::stop_token& stop) {
            while (!stop.stop_requested()) continue;
        });
    }
}

// The saved user id stays 0, so that there is a way back; a program that is executed has none.
AsNobody::AsNobody() {
    if (::getuid() == 0) check(::setresuid(kNobody, kNobody, 0), "setresuid");
}

AsNobody::~AsNobody() {
    static_cast<void>(::setresuid(0, 0, 0));
}

}  // namespace netlab::bench
