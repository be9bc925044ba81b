// SPDX-License-Identifier: MIT
#include "common/server_log.hpp"

#include <unistd.h>

#include <climits>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"

namespace netlab {

namespace {

constexpr Duration kPatience = milliseconds(500);

// Prints on stdout or stderr: false if there is no room in time. Then it is `stuck`, and does not
// wait until there is room again. Throws SystemError.
bool print_in_time(int fd, std::string_view text, bool& stuck) {
    while (!text.empty()) {
        stuck = !wait_writable(fd, stuck ? TimePoint{} : deadline_in(kPatience));
        if (stuck) return false;
        // As much as goes without a wait, if poll(2) says that something does (pipe(7)).
        const std::string_view piece = text.substr(0, PIPE_BUF);
        fd == STDOUT_FILENO ? print_out(piece) : print_error(piece);
        text.remove_prefix(piece.size());
    }
    return true;
}

}  // namespace

void log_line(std::initializer_list<std::string_view> parts) noexcept {
    static std::mutex mutex;
    static bool stuck = false;           // guarded by mutex
    static unsigned long long lost = 0;  // guarded by mutex
    const std::lock_guard lock(mutex);
    try {
        std::string text;
        if (lost > 0) text = "(lines of this log that nobody read: " + std::to_string(lost) + ")\n";
        for (const std::string_view part : parts) text += part;
        lost = print_in_time(STDERR_FILENO, text, stuck) ? 0 : lost + 1;
    } catch (const std::exception&) {
        // Out of memory: not in one write, at least.
        for (const std::string_view part : parts) print_error(part);
    }
}

void ResultLog::print(std::string_view line) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (print_in_time(STDOUT_FILENO, line, stuck_)) return;
        throw TimeoutError("write stdout: nobody reads it");
    } catch (const std::exception& error) {
        if (!failed_.exchange(true)) log_line({program_, ": ", error.what(), "\n"});
    }
}

}  // namespace netlab
