// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <exception>
#include <string>
#include <string_view>

#include "common/io.hpp"
#include "common/screen.hpp"

namespace netlab {

// A server's results, on stdout. One that cannot be printed (a full disk, a closed pipe) is noted
// on stderr, once, and harms no transfer: the server goes on, and its exit code tells. Thread-safe.
class ResultLog {
  public:
    explicit ResultLog(std::string program) : program_(std::move(program)) {}

    void print(std::string_view line) noexcept {
        try {
            print_out(line);
        } catch (const std::exception& error) {
            if (!failed_.exchange(true)) note(error.what());
        }
    }

    // The exit code of a server that would end with `code`.
    [[nodiscard]] int exit_code(int code) const noexcept { return code == 0 && failed_ ? 1 : code; }

  private:
    void note(std::string_view problem) const noexcept {
        try {
            print_error(program_ + ": " + std::string(problem) + "\n");
        } catch (const std::exception&) {
            print_error("out of memory\n");
        }
    }

    std::string program_;
    std::atomic<bool> failed_ = false;
};

}  // namespace netlab
