// SPDX-License-Identifier: MIT
#include "tests/support/wakeup.hpp"

#include <algorithm>
#include <cerrno>

#include "common/error.hpp"

namespace netlab::testing {

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
