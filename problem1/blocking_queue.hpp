// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
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

    // The next item; Item{} at the deadline.
    [[nodiscard]] Item pop(TimePoint deadline = kNever) {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return !items_.empty(); };
        if (deadline == kNever) {
            changed_.wait(lock, ready);
        } else if (!changed_.wait_until(lock, deadline, ready)) {
            return Item{};
        }
        Item item = std::move(items_.front());
        items_.pop_front();
        return item;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> items_;  // guarded by mutex_
};

}  // namespace netlab::problem1
