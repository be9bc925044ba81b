// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"

namespace netlab {

// A server's results, on stdout. One that cannot be printed (a full disk, a pipe that is closed or
// that nobody reads) is noted on stderr, once, and harms no transfer: the server goes on, and its
// exit code tells. Thread-safe.
class ResultLog {
  public:
    explicit ResultLog(std::string program) : program_(std::move(program)) {}

    void print(std::string_view line) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            if (print_in_time(STDOUT_FILENO, line, stuck_)) return;
            throw TimeoutError("write stdout: nobody reads it");
        } catch (const std::exception& error) {
            if (!failed_.exchange(true)) log_line({program_, ": ", error.what(), "\n"});
        }
    }

    // The exit code of a server that would end with `code`.
    [[nodiscard]] int exit_code(int code) const noexcept { return code == 0 && failed_ ? 1 : code; }

  private:
    std::string program_;
    std::mutex mutex_;
    bool stuck_ = false;  // guarded by mutex_
    std::atomic<bool> failed_ = false;
};

}  // namespace netlab
