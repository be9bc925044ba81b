// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <vector>

#include "common/file_descriptor.hpp"
#include "common/time.hpp"

namespace netlab::testing {

// Ends another thread's poll(2). Set what the thread should see first, then call wake().
class Wakeup {
  public:
    Wakeup();

    // Thread-safe; never blocks.
    void wake() noexcept;

    // To be watched for POLLIN; readable from wake() until clear().
    [[nodiscard]] int descriptor() const noexcept { return pipe_.read_end.get(); }
    void clear() noexcept;

  private:
    Pipe pipe_;
};

// poll(2) on any number of descriptors until one has events or the deadline passes. Throws
// SystemError.
void poll_until(std::vector<pollfd>& watched, TimePoint deadline);

}  // namespace netlab::testing
