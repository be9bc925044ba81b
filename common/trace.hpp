// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "common/time.hpp"

namespace netlab {

// --trace: every protocol message on stderr, a line each, with the time since the program began:
//
//        0.412 ms  -> DATA seq=7 len=100
//        0.498 ms  <- ACK seq=7
//     1000.950 ms  -- timeout seq=8 after 1 s
//
// Thread-safe. Check on() first where making the text would cost.
class Tracer {
  public:
    explicit Tracer(bool on) : on_(on), start_(Clock::now()) {}

    [[nodiscard]] bool on() const noexcept { return on_; }
    void sent(std::string_view message) const noexcept { line("->", message); }
    void received(std::string_view message) const noexcept { line("<-", message); }
    void event(std::string_view message) const noexcept { line("--", message); }

  private:
    void line(const char* arrow, std::string_view message) const noexcept;

    bool on_;
    TimePoint start_;
};

}  // namespace netlab
