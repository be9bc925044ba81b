// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "common/file_descriptor.hpp"
#include "tests/support/pattern.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {

struct ExitStatus {
    int code = 0;  // 128 + signal if a signal ended it, as in the shell
    bool signaled = false;
};

// A running program. A thread collects all it prints from the start, so that it never blocks on a
// full pipe. All waits are bounded, and what they throw (TimeoutError, std::runtime_error) tells
// everything the program has printed. Thread-safe, but for writes in two threads at once.
class Subprocess {
  public:
    // Throws SystemError if the program cannot be started. See spawn.hpp.
    explicit Subprocess(Argv argv, const SpawnOptions& options = {});
    // Kills (SIGKILL) and reaps this process, not what it may have started itself.
    ~Subprocess();
    Subprocess(const Subprocess&) = delete;
    Subprocess& operator=(const Subprocess&) = delete;

    // To its standard input (Input::kPipe, kTerminal). False if the program does not read it any
    // more; throws TimeoutError if it reads too slowly.
    bool write(std::string_view text, Duration timeout = kPatience);

    // The end of its input; on a terminal that is Ctrl+D, which counts at the start of a line only.
    void close_stdin();

    // Waits until stdout (on a terminal: everything, with "\r\n" and the echo) or stderr contains
    // the pattern at or after offset `from`. Throws TimeoutError if it does not come in time,
    // std::runtime_error at once if the program ended without it.
    Match wait_for_out(const Pattern& pattern, Duration timeout = kPatience, std::size_t from = 0);
    Match wait_for_err(const Pattern& pattern, Duration timeout = kPatience, std::size_t from = 0);

    // All that was printed so far; after wait() all that this program has ever printed.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

    // Waits for its end. Throws TimeoutError, and then the program still runs.
    ExitStatus wait(Duration timeout = kPatience);
    [[nodiscard]] bool running() const;

    // kill(2); does nothing once the program has ended.
    void send_signal(int signal);

    [[nodiscard]] pid_t pid() const noexcept { return child_.pid; }

  private:
    Match wait_for(const Pattern& pattern, const std::string& text, const char* stream,
                   Duration timeout, std::size_t from);
    void collect();
    void await_exit();
    void read_available(FileDescriptor& from, std::string& into);
    void reap();
    [[nodiscard]] std::string report() const;

    const Argv argv_;
    const bool terminal_;
    Spawned child_;  // `out` and `err` belong to reader_, `in` to the test

    mutable std::mutex mutex_;  // guards out_, err_, status_, and the pid from being reaped
    std::condition_variable changed_;
    std::string out_;
    std::string err_;
    std::optional<ExitStatus> status_;

    std::atomic<bool> exited_{false};
    std::atomic<bool> stopping_{false};
    Wakeup wakeup_;
    std::thread waiter_;
    std::thread reader_;
};

struct Finished {
    int code = 0;
    std::string out;
    std::string err;
    Duration elapsed{};
};

// Runs a program to its end with `stdin_text`, then end of file, as its input (through a pipe, or
// the terminal if the options ask for one). Throws as Subprocess does.
Finished run(const Argv& argv, std::string_view stdin_text = {}, Duration timeout = kPatience);
Finished run(const Argv& argv, SpawnOptions options, std::string_view stdin_text = {},
             Duration timeout = kPatience);

}  // namespace netlab::testing
