// SPDX-License-Identifier: MIT
#include "common/screen.hpp"

#include <sys/ioctl.h>

#include <atomic>
#include <mutex>

#include "common/signals.hpp"

namespace netlab {

namespace {

std::mutex mutex;
std::atomic<LineEditor*> last_line{nullptr};  // changed, and used, under the mutex alone

// The window may have been resized since.
LineEditor& at_its_size(LineEditor& line) {
    line.resize(terminal_columns());
    return line;
}

// Ignores failures: a terminal that has hung up is noticed by reading from it.
void write_to_terminal(const std::string& output) noexcept {
    try {
        write_all(STDERR_FILENO, as_bytes(output), "stderr", wait_or_interrupt);
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace

void print(int fd, std::string_view text, Wait wait, TimePoint deadline) {
    const char* const name = fd == STDOUT_FILENO ? "stdout" : "stderr";
    // What goes into a file is none of the terminal's business, and may block.
    if (last_line != nullptr && ::isatty(fd) != 0) {
        const std::lock_guard lock(mutex);
        if (LineEditor* const line = last_line) {
            const std::string output = at_its_size(*line).print_above(text);
            return write_all(fd, as_bytes(output), name, wait, deadline);
        }
    }
    write_all(fd, as_bytes(text), name, wait, deadline);
}

void print_error(std::string_view text) noexcept {
    static std::mutex pieces;  // into a pipe it goes in pieces: no other thread's come between
    try {
        const std::lock_guard lock(pieces);
        // What is said after Ctrl+C, the last lines, finds a reader that is only slow.
        const bool last = signal_received();
        print(STDERR_FILENO, text, last ? wait_for_events : wait_or_interrupt,
              last ? deadline_in(kReaderPatience) : kNever);
    } catch (const std::exception&) {
        return;  // there is nowhere left to report it; what waits next hears of an interrupt too
    }
}

void print_error(std::initializer_list<std::string_view> parts) noexcept {
    try {
        std::string text;
        for (const std::string_view part : parts) text += part;
        print_error(text);
    } catch (const std::bad_alloc&) {
        for (const std::string_view part : parts) print_error(part);  // not in one write, at least
    }
}

LastLine::LastLine() {
    const std::lock_guard lock(mutex);
    last_line = &editor_;
}

LastLine::~LastLine() {
    show("");
    const std::lock_guard lock(mutex);
    last_line = nullptr;
}

void LastLine::change(const std::function<std::string(LineEditor&)>& call) {
    const std::lock_guard lock(mutex);
    write_to_terminal(call(at_its_size(editor_)));
}

void LastLine::show(std::string text) noexcept {
    try {
        change([&](LineEditor& line) {
            if (text.empty()) return line.hide();
            const std::string redrawn = line.set_prompt(std::move(text));
            return redrawn + line.draw();
        });
    } catch (const std::bad_alloc&) {
        return;  // what is shown must not fail the program
    }
}

std::size_t terminal_columns() noexcept {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2 ? 80 : size.ws_col;
}

}  // namespace netlab
