// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/file_descriptor.hpp"
#include "common/io.hpp"

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
    bool push(std::string_view line, TimePoint now, std::size_t extra = 0) noexcept {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        if (size_ == 0) moved_ = now;
        const std::size_t before = queued_.size();
        bool room = size_ + line.size() + 1 <= limit_ + extra && (lost_ == 0 || extra > 0);
        try {
            if (room) (queued_ += line) += '\n';
        } catch (const std::bad_alloc&) {
            queued_.resize(before);
            room = false;
        }
        room ? size_ += line.size() + 1 : ++lost_;
        return lost_ == 0 && size_ > limit_ / 2;
    }

    // Only a thread that waits needs the system call: the others look here before they do. Made
    // without the mutex, which the woken thread wants next.
    void wake() noexcept {
        {
            const std::lock_guard lock(mutex_);
            const bool news = !queued_.empty() || closed_ || lost_ > 0;
            if (!news || !std::exchange(waiting_, false)) return;
        }
        wakeup_.wake();
    }

    // The client is to be disconnected after what was pushed so far. Wakes. Thread-safe.
    void close() noexcept {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        wakeup_.wake();  // also if its thread waits for something else
    }

    // Since when the client has not read a byte; nullopt if less than half of the room is taken.
    // Thread-safe.
    [[nodiscard]] std::optional<TimePoint> backed_up_since() const {
        const std::lock_guard lock(mutex_);
        if (size_ <= limit_ / 2 || closed_ || lost_ > 0) return std::nullopt;
        return moved_;
    }

    // All these are for the client's own thread.

    // What to send next, valid until sent() has told how much of it was.
    [[nodiscard]] Bytes next() {
        if (done_ == sending_.size()) {
            done_ = 0;
            sending_.clear();
            if (sending_.capacity() > kMaxKept) sending_ = std::string();
            const std::lock_guard lock(mutex_);
            sending_.swap(queued_);
        }
        return as_bytes(sending_).subspan(done_);
    }

    void sent(std::size_t count, TimePoint now) {
        if (count == 0) return;
        done_ += count;
        const std::lock_guard lock(mutex_);
        size_ -= count;
        moved_ = now;
    }

    [[nodiscard]] bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

    // How many lines were lost in an overflow, 0 if there was none. From now on it takes lines
    // again.
    [[nodiscard]] std::size_t take_lost() {
        const std::lock_guard lock(mutex_);
        return std::exchange(lost_, 0);
    }

    // For a wait with poll(2): watch descriptor() for POLLIN between begin_wait() and end_wait(),
    // which is to be told whether it was readable. begin_wait() is false if something has come
    // already, and there is nothing to wait for.
    [[nodiscard]] int descriptor() const noexcept { return wakeup_.descriptor(); }
    [[nodiscard]] bool begin_wait() {
        const std::lock_guard lock(mutex_);
        const bool news = !queued_.empty() && done_ == sending_.size();
        waiting_ = !news && !closed_ && lost_ == 0;
        return waiting_;
    }

    void end_wait(bool readable) {
        {
            const std::lock_guard lock(mutex_);
            waiting_ = false;
        }
        if (readable) wakeup_.clear();
    }

  private:
    // A thousand clients must not keep the memory of their largest burst.
    static constexpr std::size_t kMaxKept = 64 * 1024;

    const std::size_t limit_;
    Wakeup wakeup_;
    std::string sending_;   // the client's thread alone touches it
    std::size_t done_ = 0;  // of sending_; likewise

    mutable std::mutex mutex_;
    std::string queued_;    // guarded by mutex_
    std::size_t size_ = 0;  // guarded by mutex_; queued, and being sent
    TimePoint moved_{};     // guarded by mutex_; when the client last took some, or had none
    bool waiting_ = false;  // guarded by mutex_; in poll(2), to be woken
    bool closed_ = false;   // guarded by mutex_
    std::size_t lost_ = 0;  // guarded by mutex_; lines, since an overflow
};

}  // namespace netlab::problem6
