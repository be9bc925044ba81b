// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/io.hpp"
#include "common/wakeup.hpp"

namespace netlab::problem6 {

// What waits to be sent to one client. Any thread puts lines in, and never waits; the client's own
// thread sends all that has gathered with one call. Bounded: a client that does not read overflows
// its own outbox, and nobody else's.
class Outbox {
  public:
    static constexpr std::size_t kLimit = 1024 * 1024;

    explicit Outbox(std::size_t limit = kLimit) : limit_(limit) {}

    // Adds a line and its newline; true if more than half of the room is taken now. Once a line
    // does not fit, or there is no memory for it, none is taken any more. Thread-safe. The client's
    // thread sleeps on until wake(): woken for the first line of many, it would send them one by
    // one. What matters more than the rest has `extra` room beyond the limit, and is taken even
    // after an overflow.
    bool push(std::string_view line, TimePoint now, std::size_t extra = 0) noexcept;

    // Lets wake() wake the thread although no line has come: something else has changed.
    void request_wake() noexcept;

    void wake() noexcept;

    // The client is to be disconnected after what was pushed so far. Wakes. Thread-safe.
    void close() noexcept;

    // Since when the client has not read a byte; nullopt if less than half of the room is taken.
    // Thread-safe.
    [[nodiscard]] std::optional<TimePoint> backed_up_since() const;

    // All these are for the client's own thread.

    // What to send next, valid until sent() has told how much of it was.
    [[nodiscard]] Bytes next();
    void sent(std::size_t count, TimePoint now);

    [[nodiscard]] bool closed() const;
    [[nodiscard]] bool overflowed() const;

    // Takes lines again after an overflow. Those in between are lost: how many?
    std::size_t reopen();

    // For a wait with poll(2): watch descriptor() for POLLIN between begin_wait() and end_wait(),
    // which is to be told whether it was readable. begin_wait() is false if something has come
    // already, and there is nothing to wait for.
    [[nodiscard]] int descriptor() const noexcept { return wakeup_.descriptor(); }
    [[nodiscard]] bool begin_wait();
    void end_wait(bool readable);

  private:
    [[nodiscard]] bool append(std::string_view line) noexcept;  // under mutex_

    const std::size_t limit_;
    Wakeup wakeup_;
    std::string sending_;   // the client's thread alone touches it
    std::size_t done_ = 0;  // of sending_; likewise

    mutable std::mutex mutex_;
    std::string queued_;           // guarded by mutex_
    std::size_t size_ = 0;         // guarded by mutex_; queued, and being sent
    TimePoint moved_{};            // guarded by mutex_; when the client last took some, or had none
    bool waiting_ = false;         // guarded by mutex_; in poll(2), to be woken
    bool closed_ = false;          // guarded by mutex_
    bool wake_requested_ = false;  // guarded by mutex_
    std::size_t lost_ = 0;         // guarded by mutex_; lines, since an overflow
};

}  // namespace netlab::problem6
