// SPDX-License-Identifier: MIT
#include "common/console.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/error.hpp"
#include "common/signals.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxRead = 16 * 1024;
constexpr char kControlZ = 0x1A;

// A process in the background must not touch the terminal's mode: it would be stopped (SIGTTOU), or
// change it under the program in front.
bool in_foreground() noexcept {
    const pid_t in_front = ::tcgetpgrp(STDIN_FILENO);
    return in_front < 0 || in_front == ::getpgrp();  // < 0: not this session's terminal
}

}  // namespace

Console::Console() : terminal_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) {
    if (!terminal_) return;
    // It would end the process without its destructors: it counts as SIGTERM.
    handle_signal(SIGQUIT, [](int) { request_stop(); });
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
    // Keys come one by one and are not echoed. Ctrl+C still sends its signal (ISIG), but Ctrl+Z is
    // a key like others, Ctrl+\ does not kill, and Ctrl+S does not freeze every thread that prints.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
    raw.c_cc[VQUIT] = raw.c_cc[VSUSP] = _POSIX_VDISABLE;
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

void Console::read() {
    if (terminal_) enter_raw_mode();  // if it was in the background until now
    if (watched().fd < 0 || !wait_readable(STDIN_FILENO, TimePoint{})) return;
    if (terminal_ && !in_foreground()) {
        // What is typed there is for another program, and stays readable until that one reads it.
        ::poll(nullptr, 0, 50);
        return;
    }
    const MutableBytes room = plain_.prepare(kMaxRead);
    const ssize_t got = ::read(STDIN_FILENO, room.data(), room.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    ended_ = got <= 0;
    // EIO: a terminal has hung up.
    if (got < 0 && !(terminal_ && errno == EIO)) throw SystemError("read", "stdin");
    const Bytes bytes = room.first(ended_ ? 0 : static_cast<std::size_t>(got));
    terminal_ ? take_keys(as_text(bytes)) : take_plain(bytes.size());
}

// Stops all that is in front (the other programs of a pipe, too), and this program in just this
// thread, which goes on when it is continued: in any other one it might stop a moment later.
void Console::suspend() {
    leave_raw_mode();
    handle_signal(SIGTSTP, SIG_IGN);
    ::kill(0, SIGTSTP);
    handle_signal(SIGTSTP, SIG_DFL);
    ::raise(SIGTSTP);
    enter_raw_mode();
}

void Console::take_keys(std::string_view bytes) {
    line_->change([&](LineEditor& line) {
        std::string output = line.type(bytes, lines_);
        ended_ = ended_ || line.at_end();
        return output;
    });
    if (bytes.find(kControlZ) != bytes.npos) suspend();
}

void Console::take_plain(std::size_t size) {
    plain_.commit(size);
    while (!skipping_ || plain_.skip_line()) {
        skipping_ = false;
        try {
            while (const auto line = plain_.next()) lines_.emplace_back(*line);
            break;
        } catch (const ProtocolError&) {  // too long
            skipping_ = true;
            lines_.emplace_back(as_text(plain_.take(kMaxLine + 1)));
        }
    }
    if (!ended_ || skipping_) return;
    if (const auto line = plain_.last()) lines_.emplace_back(*line);
}

std::optional<std::string> Console::next_line() {
    if (lines_.empty()) return std::nullopt;
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
}

}  // namespace netlab
