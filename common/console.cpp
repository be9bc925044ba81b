// SPDX-License-Identifier: MIT
#include "common/console.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/signals.hpp"
#include "common/terminal.hpp"

namespace netlab {

namespace {

constexpr std::size_t kPiece = 16 * 1024;

Console* the_console = nullptr;

// A process in the background must not touch the terminal's mode: it would be stopped (SIGTTOU), or
// change it under the program in front.
bool in_foreground() noexcept {
    const pid_t in_front = ::tcgetpgrp(STDIN_FILENO);
    return in_front < 0 || in_front == ::getpgrp();  // < 0: not this session's terminal
}

bool readable(int fd) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
}

}  // namespace

Console::Console(std::size_t max_line)
    : max_line_(max_line),
      terminal_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0),
      stdout_on_terminal_(::isatty(STDOUT_FILENO) != 0),
      editor_(max_line) {
    if (!terminal_) return;
    install_terminal_signal_handlers();
    enter_raw_mode();
    the_console = this;
    print_through(print);
}

Console::~Console() {
    if (!terminal_) return;
    print_through(nullptr);
    the_console = nullptr;
    leave_raw_mode();
}

void Console::enter_raw_mode() {
    const std::lock_guard lock(mutex_);
    if (raw_ || !in_foreground()) return;
    check(::tcgetattr(STDIN_FILENO, &found_), "tcgetattr", "stdin");
    termios raw = found_;
    // Keys come one by one and are not echoed. Ctrl+C and Ctrl+Z still send signals (ISIG), but
    // Ctrl+\ does not kill, and Ctrl+S does not freeze every thread that prints.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
    raw.c_cc[VQUIT] = _POSIX_VDISABLE;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    check(::tcsetattr(STDIN_FILENO, TCSANOW, &raw), "tcsetattr", "stdin");
    raw_ = true;
    ask_size();
    write(editor_.draw());
}

void Console::leave_raw_mode() noexcept {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(raw_, false)) return;
    write(editor_.hide());
    if (in_foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &found_);
}

// The window may have been resized since. Under mutex_.
void Console::ask_size() {
    const TerminalSize size = terminal_size();
    editor_.resize(size.rows, size.columns);
}

// To the terminal; under mutex_. It may have been hung up, which read() will tell.
void Console::write(const std::string& output) {
    try {
        write_all(STDERR_FILENO, as_bytes(output), "stderr");
    } catch (const std::exception&) {
        return;
    }
}

void Console::set_prompt(std::string prompt) {
    if (!terminal_) return;
    const std::lock_guard lock(mutex_);
    ask_size();
    write(editor_.set_prompt(std::move(prompt)));
}

// The Printer of print_out() and print_error().
void Console::print(int fd, std::string_view text, Wait wait) {
    Console& self = *the_console;
    const char* name = fd == STDOUT_FILENO ? "stdout" : "stderr";
    // Results that go to a file are none of the terminal's business, and may block.
    if (fd == STDOUT_FILENO && !self.stdout_on_terminal_)
        return write_all(fd, as_bytes(text), name, wait);
    const std::lock_guard lock(self.mutex_);
    self.ask_size();
    write_all(fd, as_bytes(self.editor_.print_above(text)), name, wait);
}

std::array<pollfd, 2> Console::watched() const noexcept {
    const bool wanted = !ended_ && (terminal_ || lines_.empty());
    return {{{wanted ? STDIN_FILENO : -1, POLLIN, 0}, {terminal_signal_descriptor(), POLLIN, 0}}};
}

void Console::read() {
    obey_terminal_signals();
    if (terminal_) enter_raw_mode();  // where it was in the background until now
    if (watched()[0].fd < 0 || !readable(STDIN_FILENO)) return;
    if (terminal_ && !in_foreground()) {
        // What is typed there is for another program, and stays readable until that one reads it.
        ::poll(nullptr, 0, 50);
        return;
    }
    std::array<char, kPiece> piece;
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got < 0 && errno != EIO) throw SystemError("read", "stdin");  // EIO: a terminal hung up
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (bytes.empty()) {
        ended_ = true;
        if (!partial_.empty()) end_plain_line();
    } else if (terminal_) {
        take_keys(bytes);
    } else {
        take_plain(bytes);
    }
}

void Console::obey_terminal_signals() {
    while (const int signal = next_terminal_signal()) {
        if (!terminal_) continue;
        // SIGCONT too: the shell has changed the mode, where SIGSTOP was what stopped this program.
        leave_raw_mode();
        if (signal == SIGTSTP) stop_process();
        enter_raw_mode();
    }
}

void Console::take_keys(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    ask_size();
    write(editor_.type(bytes));
    while (auto line = editor_.next_line()) lines_.push_back(std::move(*line));
    ended_ = editor_.at_end();
}

void Console::take_plain(std::string_view bytes) {
    while (true) {
        const std::size_t newline = bytes.find('\n');
        const std::string_view part = bytes.substr(0, newline);
        if (partial_.size() <= max_line_ + 1) partial_ += part;  // 1: a "\r", maybe
        if (newline == std::string_view::npos) return;
        end_plain_line();
        bytes.remove_prefix(newline + 1);
    }
}

void Console::end_plain_line() {
    std::string line = std::exchange(partial_, {});
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() <= max_line_) return lines_.push_back(std::move(line));
    notice("stdin: left out a line of more than " + std::to_string(max_line_) + " bytes");
}

std::optional<std::string> Console::next_line() {
    if (lines_.empty()) return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

}  // namespace netlab
