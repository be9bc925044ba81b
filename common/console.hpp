// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "common/line_buffer.hpp"
#include "common/screen.hpp"

namespace netlab {

// The keyboard of a program that prints while its user types. On a terminal (stdin and stderr) what
// is printed, in any thread, by show(), notice(), print_out() or print_error(), appears above the
// prompt, and the half-typed line is drawn again below it. Ctrl+C is left to signals.hpp; Ctrl+Z
// and `fg` work (the key: after `kill -STOP` the terminal is as it was left). If stdin or stderr is
// no terminal, it just reads lines, and shows no prompt.
//
//     Console console;
//     console.set_prompt("> ");
//     while (!console.at_end()) {
//         std::array<pollfd, 2> watched{{console.watched(), {socket, POLLIN, 0}}};
//         wait_for_events(watched, kNever);
//         console.read();
//         while (const auto line = console.next_line()) send(*line);
//         ...
//     }
//
// One console at a time. read(), next_line(), has_line(), at_end() and watched() belong to one
// thread; all else is thread-safe.
class Console {
  public:
    // Takes the terminal over (termios(3)). Throws SystemError.
    Console();
    // Gives it back as it was found, without the prompt.
    ~Console();
    Console(Console&&) = delete;

    // Shown as escaped() text; may be changed at any time.
    void set_prompt(std::string prompt);

    // A line on stdout (peers' messages) or on stderr (all else); the newline is added.
    static void show(std::string_view line, Wait wait = wait_for_events) {
        print_out(std::string(line) + "\n", wait);
    }
    static void notice(std::string_view line) { print_error(std::string(line) + "\n"); }

    // What to poll for: the keyboard. It is left out (-1) at the end of the input, and, if it is no
    // terminal, while a line waits in next_line(): a file is not read faster than its lines are
    // used.
    [[nodiscard]] pollfd watched() const noexcept {
        const bool wanted = !ended_ && (terminal_ || lines_.empty());
        return {wanted ? STDIN_FILENO : -1, POLLIN, 0};
    }

    // Takes in what has come; never blocks. Call it after each wait. Throws SystemError if the
    // input cannot be read, which is then at its end.
    void read();

    // The next line that was entered, without its newline. Of one that is too long (more than
    // kMaxLine bytes, from a pipe) kMaxLine + 1 bytes.
    [[nodiscard]] std::optional<std::string> next_line();
    [[nodiscard]] bool has_line() const noexcept { return !lines_.empty(); }

    // True when the input is over (Ctrl+D, or the end of the file) and all its lines were taken.
    [[nodiscard]] bool at_end() const noexcept { return ended_ && lines_.empty(); }

    [[nodiscard]] bool on_terminal() const noexcept { return terminal_; }

  private:
    void enter_raw_mode();
    void leave_raw_mode() noexcept;
    void suspend();
    void take_keys(std::string_view bytes);
    void take_plain(std::size_t size);

    const bool terminal_;
    bool ended_ = false;
    std::deque<std::string> lines_;
    LineBuffer plain_;       // if it is no terminal
    bool skipping_ = false;  // the rest of a line that is too long

    std::optional<LastLine> line_;  // on a terminal
    termios found_{};
    bool raw_ = false;
};

}  // namespace netlab
