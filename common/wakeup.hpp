// SPDX-License-Identifier: MIT
#pragma once

#include "common/file_descriptor.hpp"

namespace netlab {

// Ends another thread's poll(2). Set what the thread should see first, then call wake().
class Wakeup {
  public:
    Wakeup();  // throws SystemError

    // Thread-safe; never blocks.
    void wake() noexcept;

    // To be watched for POLLIN; readable from wake() until clear().
    [[nodiscard]] int descriptor() const noexcept { return pipe_.read_end.get(); }
    void clear() noexcept;

  private:
    Pipe pipe_;
};

}  // namespace netlab
