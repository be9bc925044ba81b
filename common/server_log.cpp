// SPDX-License-Identifier: MIT
#include "common/server_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "common/error.hpp"
#include "common/screen.hpp"

namespace netlab {

namespace {

// Until when a line may wait for room, if the one before it has found none, or has.
TimePoint patience(bool stuck) {
    return stuck ? TimePoint{} : deadline_in(kReaderPatience);
}

}  // namespace

void log_line(std::initializer_list<std::string_view> parts) noexcept {
    static std::mutex mutex;
    static unsigned long long lost = 0;  // guarded by mutex
    const std::lock_guard lock(mutex);
    try {
        std::string text;
        if (lost > 0) text = "(lines of this log that nobody read: " + std::to_string(lost) + ")\n";
        for (const std::string_view part : parts) text += part;
        print(STDERR_FILENO, text, wait_for_events, patience(lost > 0));
        lost = 0;
    } catch (const TimeoutError&) {
        ++lost;
    } catch (const std::exception&) {
        // Out of memory (then not in one write, at least), or stderr has failed: nothing helps.
        for (const std::string_view part : parts) print_error(part);
    }
}

void ResultLog::print(std::string_view line) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        // Stuck until it has succeeded.
        const TimePoint deadline = patience(std::exchange(stuck_, true));
        netlab::print(STDOUT_FILENO, line, wait_for_events, deadline);
        stuck_ = false;
    } catch (const std::exception& error) {
        if (!failed_.exchange(true)) log_line({program_, ": ", error.what(), "\n"});
    }
}

RecordFile::RecordFile(std::string path)
    : path_(std::move(path)),
      // O_NONBLOCK: opening a FIFO must not wait for a reader.
      file_(open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK)) {}

void RecordFile::append(Bytes record) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!file_.valid()) return;
    try {
        write_all(file_.get(), record, path_, wait_for_events, patience(false));
    } catch (const std::exception& error) {
        log_line({error.what(), ": nothing more is recorded\n"});
        file_.close();
    }
}

}  // namespace netlab
