// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "common/time.hpp"

namespace netlab::problem1 {

// What one thread hands over to another. Thread-safe.
template <typename Item>
class BlockingQueue {
  public:
    void push(Item item) {
        const std::lock_guard lock(mutex_);
        items_.push_back(std::move(item));
        changed_.notify_one();
    }

    // To be taken out before all others.
    void push_front(Item item) {
        const std::lock_guard lock(mutex_);
        items_.push_front(std::move(item));
        changed_.notify_one();
    }

    // The next item; nullopt at the deadline, or once the queue is closed and empty.
    [[nodiscard]] std::optional<Item> pop(TimePoint deadline) {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return closed_ || !items_.empty(); };
        if (deadline == kNever) {
            changed_.wait(lock, ready);
        } else {
            changed_.wait_until(lock, deadline, ready);
        }
        if (items_.empty()) return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        return item;
    }

    // Ends all waits.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> items_;  // guarded by mutex_
    bool closed_ = false;     // guarded by mutex_
};

}  // namespace netlab::problem1
