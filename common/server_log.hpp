// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

#include "common/io.hpp"

// What a server prints, and what any program records of its protocol. If it is not read, that holds
// up no session: a line waits half a second at most for room, the next ones not at all until there
// is room again. All is thread-safe.

namespace netlab {

// A line of the log, on stderr. If there is no room it is lost, and the next one that is printed
// begins with how many were.
void log_line(std::initializer_list<std::string_view> parts) noexcept;

// A server's results, on stdout. The first one that cannot be printed (a full disk, a pipe that is
// closed or that nobody reads) is noted in the log; the server goes on, and its exit code tells.
class ResultLog {
  public:
    explicit ResultLog(std::string program) : program_(std::move(program)) {}

    void print(std::string_view line) noexcept;

    // The exit code of a server that would end with `code`.
    [[nodiscard]] int exit_code(int code) const noexcept { return code == 0 && failed_ ? 1 : code; }

  private:
    std::string program_;
    std::mutex mutex_;
    bool stuck_ = false;  // guarded by mutex_
    std::atomic<bool> failed_ = false;
};

// A file that others read while it grows: each record goes into it at once, in one write.
class RecordFile {
  public:
    // Creates the file or empties it; a FIFO must have its reader. Throws SystemError.
    explicit RecordFile(std::string path);

    // The first failure is noted in the log and ends the recording: the program that is being
    // watched must not fail for it.
    void append(Bytes record) noexcept;

  private:
    std::string path_;
    std::mutex mutex_;
    FileDescriptor file_;  // guarded by mutex_
};

}  // namespace netlab
