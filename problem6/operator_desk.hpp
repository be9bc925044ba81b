// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <string_view>

#include "common/console.hpp"
#include "common/server_log.hpp"
#include "problem6/hub.hpp"

namespace netlab::problem6 {

// The operator at the server's keyboard, in a thread of its own: shows what clients say, and takes
// the operator's lines. A line that has to wait (nobody has asked anything yet) waits here; from a
// pipe all that follow wait behind it, so that a script is carried out in its order.
class OperatorDesk {
  public:
    OperatorDesk(Hub& hub, Console& console) : hub_(hub), console_(console) {}

    // Until the hub closes. Never throws. If stdout or stdin fails it says so, once, and the chat
    // goes on without it; if it can wait no more, it stops the server.
    void run() noexcept;
    // Whether any of that has happened.
    [[nodiscard]] bool failed() const noexcept { return failed_ || results_.exit_code(0) != 0; }

  private:
    void turn();
    void show_waiting();
    void show_block(char kind, const std::string& lines);
    void print_in_time(std::string_view text);
    void take_lines();
    void try_held();
    [[nodiscard]] bool attempt(const std::string& line, bool first_time);
    void wait();

    Hub& hub_;
    Console& console_;
    ResultLog results_{"server"};
    std::deque<std::string> held_;
    TimePoint give_up_ = kNever;  // printing, once the hub has closed
    std::atomic<bool> failed_{false};
};

}  // namespace netlab::problem6
