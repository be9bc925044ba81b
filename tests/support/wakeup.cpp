// SPDX-License-Identifier: MIT
#include "tests/support/wakeup.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/error.hpp"

namespace netlab::testing {

Wakeup::Wakeup() : pipe_(make_pipe()) {
    set_nonblocking(pipe_.read_end, true);
    set_nonblocking(pipe_.write_end, true);
}

void Wakeup::wake() noexcept {
    // A full pipe is readable already.
    [[maybe_unused]] const ssize_t put = ::write(pipe_.write_end.get(), "", 1);
}

void Wakeup::clear() noexcept {
    std::array<char, 256> dropped;
    while (::read(pipe_.read_end.get(), dropped.data(), dropped.size()) > 0) continue;
}

void poll_until(std::vector<pollfd>& watched, TimePoint deadline) {
    constexpr milliseconds kLongest = std::chrono::hours(1);
    while (true) {
        const Duration left = deadline - std::min(deadline, Clock::now());
        const auto wait = std::chrono::ceil<milliseconds>(std::min<Duration>(left, kLongest));
        const int ready = ::poll(watched.data(), static_cast<nfds_t>(watched.size()),
                                 static_cast<int>(wait.count()));
        if (ready < 0 && errno != EINTR) throw SystemError("poll", "");
        if (ready > 0 || Clock::now() >= deadline) return;
    }
}

}  // namespace netlab::testing
