// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "common/file_descriptor.hpp"
#include "problem6/outbox.hpp"

namespace netlab::problem6 {

// --transcript: appends what is said to a file, in a thread of its own, so that a slow disk, or a
// FIFO that nobody reads, holds up no one who speaks. A device or a FIFO is written to as it is; a
// FIFO must have its reader.
class Transcript {
  public:
    static constexpr std::size_t kLimit = 4 * 1024 * 1024;  // bytes that wait to be written

    // No path: none is kept. Throws SystemError if it cannot be opened, or has no reader.
    explicit Transcript(const std::string& path = "");
    ~Transcript() { static_cast<void>(finish(TimePoint{})); }

    // Never waits. A line that does not fit any more is lost, and counted. Thread-safe.
    void add(std::string_view line) noexcept {
        if (!file_.valid()) return;
        queue_.push(line, TimePoint{});
        queue_.wake();
    }

    // Writes what still waits, until the deadline at most. False, and said on stderr, if anything
    // was lost.
    [[nodiscard]] bool finish(TimePoint deadline);

  private:
    void run() noexcept;
    [[nodiscard]] bool write_waiting();
    void wait();

    const std::string path_;
    FileDescriptor file_;
    Outbox queue_{kLimit};
    std::atomic<TimePoint> deadline_ = kNever;  // set before queue_ is closed
    std::size_t lost_ = 0;                      // lines; the thread's own until it is joined
    bool failed_ = false;                       // likewise
    std::thread thread_;
};

}  // namespace netlab::problem6
