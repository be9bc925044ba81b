// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <string_view>
#include <thread>

#include "common/console.hpp"
#include "problem6/hub.hpp"

namespace netlab::problem6 {

// The operator at the server's keyboard, in a thread of its own: shows what clients say, and takes
// the operator's lines. Neither waits for the other: a line is carried out although nobody reads
// the screen. A line that has to wait (nobody has asked anything yet) waits here; from a pipe all
// that follow wait behind it, so that a script is carried out in its order. If stdout or stdin
// fails it says so, once, and the chat goes on without it; if it cannot even wait any more, it
// stops the server.
class Operator {
  public:
    // Starts the thread. Throws SystemError.
    Operator(Hub& hub, Console& console);
    ~Operator() { stop(); }

    // Until then it shows no prompt: the server's first line is another one.
    void begin() noexcept;
    // Closes the hub, and waits until what was said before is shown, for 500 ms at most.
    void stop();
    // Whether stdout or stdin has failed.
    [[nodiscard]] bool failed() const noexcept { return input_failed_ || screen_failed_; }

  private:
    void run() noexcept;
    void turn();
    void finish();
    void show_waiting();
    [[nodiscard]] bool take_block();
    [[nodiscard]] int screen() const noexcept;
    void print(std::string_view text);
    void take_lines();
    void try_held();
    [[nodiscard]] bool attempt(const std::string& line, bool first_time);
    void wait();

    Hub& hub_;
    Console& console_;
    std::string block_;  // of lines of one kind, not printed yet
    char kind_ = Hub::kMessage;
    std::deque<std::string> held_;
    std::atomic<bool> begun_{false};
    std::atomic<bool> input_failed_{false};
    std::atomic<bool> screen_failed_{false};
    std::thread thread_;
};

}  // namespace netlab::problem6
