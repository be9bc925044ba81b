// SPDX-License-Identifier: MIT
#include "common/record_file.hpp"

#include <fcntl.h>

#include "common/error.hpp"
#include "common/server_log.hpp"

namespace netlab {

namespace {

constexpr Duration kPatience = milliseconds(500);

// What watches a program must not stop it.
bool wait_a_moment(std::span<pollfd> watched, TimePoint) {
    if (wait_for_events(watched, deadline_in(kPatience))) return true;
    throw TimeoutError("nobody reads it");
}

}  // namespace

RecordFile::RecordFile(std::string path)
    : path_(std::move(path)),
      // O_NONBLOCK: opening a FIFO must not wait for a reader.
      file_(open_file(path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK)) {}

void RecordFile::append(Bytes record) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!file_.valid()) return;
    try {
        write_all(file_.get(), record, path_, wait_a_moment);
        return;
    } catch (const TimeoutError& error) {
        log_line({"write ", path_, ": ", error.what(), ": nothing more is recorded\n"});
    } catch (const std::exception& error) {
        log_line({error.what(), ": nothing more is recorded\n"});
    }
    file_.close();
}

}  // namespace netlab
