// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string_view>

namespace netlab {

// Prints like print_out or print_error (`fd` 1 or 2), but waits at most half a second for a reader,
// and while `stuck` not at all. False if there was no room: then `stuck`, until there is again.
// Not thread-safe. Throws SystemError.
bool print_in_time(int fd, std::string_view text, bool& stuck);

// A line of a server's log, on stderr. Whoever does not read it holds up no session: a line that
// finds no room is lost, and the next one that does begins with how many were. Thread-safe.
void log_line(std::initializer_list<std::string_view> parts) noexcept;

}  // namespace netlab
