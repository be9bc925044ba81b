// SPDX-License-Identifier: MIT
#include "common/console.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/error.hpp"
#include "common/signals.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxRead = 16 * 1024;

// A process in the background must not touch the terminal's mode: it would be stopped (SIGTTOU), or
// change it under the program in front.
bool in_foreground() noexcept {
    const pid_t in_front = ::tcgetpgrp(STDIN_FILENO);
    return in_front < 0 || in_front == ::getpgrp();  // < 0: not this session's terminal
}

}  // namespace

Console::Console() : terminal_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) {
    if (!terminal_) return;
    install_terminal_signal_handlers();
    line_.emplace();
    enter_raw_mode();
}

Console::~Console() {
    leave_raw_mode();
}

void Console::enter_raw_mode() {
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
    line_->change([](LineEditor& line) { return line.draw(); });
}

void Console::leave_raw_mode() noexcept {
    if (!std::exchange(raw_, false)) return;
    line_->change([](LineEditor& line) { return line.hide(); });
    if (in_foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &found_);
}

void Console::set_prompt(std::string prompt) {
    if (!terminal_) return;
    line_->change([&](LineEditor& line) { return line.set_prompt(std::move(prompt)); });
}

std::array<pollfd, 2> Console::watched() const noexcept {
    const bool wanted = !ended_ && (terminal_ || lines_.empty());
    return {{{wanted ? STDIN_FILENO : -1, POLLIN, 0}, {terminal_signal_descriptor(), POLLIN, 0}}};
}

void Console::read() {
    obey_terminal_signals();
    if (terminal_) enter_raw_mode();  // if it was in the background until now
    if (watched()[0].fd < 0 || !wait_readable(STDIN_FILENO, TimePoint{})) return;
    if (terminal_ && !in_foreground()) {
        // What is typed there is for another program, and stays readable until that one reads it.
        ::poll(nullptr, 0, 50);
        return;
    }
    std::array<char, kMaxRead> piece;
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got < 0 && !(terminal_ && errno == EIO)) {  // EIO: a terminal hung up
        ended_ = true;
        throw SystemError("read", "stdin");
    }
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
        // SIGCONT too: if SIGSTOP had stopped this program, the shell has changed the mode.
        leave_raw_mode();
        if (signal == SIGTSTP) stop_process();
        enter_raw_mode();
    }
}

void Console::take_keys(std::string_view bytes) {
    line_->change([&](LineEditor& line) {
        std::string output = line.type(bytes, lines_);
        ended_ = line.at_end();
        return output;
    });
}

void Console::take_plain(std::string_view bytes) {
    while (true) {
        const std::size_t newline = bytes.find('\n');
        const std::string_view part = bytes.substr(0, newline);
        if (partial_.size() <= kMaxLine + 1) partial_ += part;  // 1: a "\r", maybe
        if (newline == std::string_view::npos) return;
        end_plain_line();
        bytes.remove_prefix(newline + 1);
    }
}

void Console::end_plain_line() {
    std::string line = std::exchange(partial_, {});
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() <= kMaxLine) return lines_.push_back(std::move(line));
    notice("stdin: left out a line of more than " + std::to_string(kMaxLine) + " bytes");
}

std::optional<std::string> Console::next_line() {
    if (lines_.empty()) return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

}  // namespace netlab
