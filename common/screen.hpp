// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/io.hpp"
#include "common/line_editor.hpp"

// What a process shows its user: lines on stdout and stderr, and on a terminal one more below them.

namespace netlab {

// How long the last words of a program, and the lines of a server, wait for a reader.
inline constexpr Duration kReaderPatience = milliseconds(500);

// One line (or block) on stdout or stderr in a single write: whole also between threads and into
// pipes. print and print_out throw as write_all does, so that a full disk or a closed pipe is not a
// silent success; print_error cannot report its own failure, and ignores it. SIGINT or SIGTERM ends
// its wait for a reader; after them it waits kReaderPatience at most.
void print(int fd, std::string_view text, Wait wait = wait_for_events, TimePoint deadline = kNever);
inline void print_out(std::string_view text, Wait wait = wait_for_events) {
    print(STDOUT_FILENO, text, wait);
}
void print_error(std::string_view text) noexcept;
void print_error(std::initializer_list<std::string_view> parts) noexcept;  // also out of memory

// What stands in the last line of the terminal that stderr is: a prompt with what was typed behind
// it (console.hpp), or a progress bar. While there is one, what is printed on the terminal, in any
// thread, appears above it. A process has one terminal, and one LastLine at a time. Thread-safe.
class LastLine {
  public:
    // Not yet shown.
    LastLine();
    // Removes it.
    ~LastLine();
    LastLine(LastLine&&) = delete;

    // Changes it by `call`, which returns what to write to the terminal.
    void change(const std::function<std::string(LineEditor&)>& call);

    // A text in its place, drawn again and again; an empty one removes it.
    void show(std::string text) noexcept;

  private:
    LineEditor editor_;  // guarded by the mutex of all that is printed
};

// The width of the terminal that stderr is, at least 2; the usual 80 if it is none, or does not
// say.
std::size_t terminal_columns() noexcept;

}  // namespace netlab
