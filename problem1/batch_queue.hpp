// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "common/datagram_batch.hpp"

namespace netlab::problem1 {

// From the thread that receives to the one that works: batches go over full and come back empty.
// Where all of them wait, the receiver does, too, and the kernel counts what it drops.
class BatchQueue {
  public:
    using Batch = std::unique_ptr<DatagramBatch>;

    explicit BatchQueue(std::size_t count) {
        while (empty_.size() < count) empty_.push_back(std::make_unique<DatagramBatch>());
    }

    // A batch to fill: blocks while all are under way. nullptr once closed.
    [[nodiscard]] Batch take_empty() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !empty_.empty(); });
        if (closed_) return nullptr;
        Batch batch = std::move(empty_.back());
        empty_.pop_back();
        return batch;
    }

    void push(Batch batch) {
        const std::lock_guard lock(mutex_);
        full_.push_back(std::move(batch));
        changed_.notify_all();
    }

    // The next full batch; nullptr at the deadline, after wake(), or once closed and empty.
    [[nodiscard]] Batch pop(TimePoint deadline) {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return closed_ || woken_ || !full_.empty(); };
        if (deadline == kNever) {
            changed_.wait(lock, ready);
        } else {
            changed_.wait_until(lock, deadline, ready);
        }
        woken_ = false;
        if (full_.empty()) return nullptr;
        Batch batch = std::move(full_.front());
        full_.pop_front();
        return batch;
    }

    void give_back(Batch batch) {
        const std::lock_guard lock(mutex_);
        empty_.push_back(std::move(batch));
        changed_.notify_all();
    }

    // Something else has happened that the one who works is to see to.
    void wake() {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_all();
    }

    // Wakes both threads for the last time.
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
    std::deque<Batch> full_;    // guarded by mutex_
    std::vector<Batch> empty_;  // guarded by mutex_
    bool woken_ = false;        // guarded by mutex_
    bool closed_ = false;       // guarded by mutex_
};

}  // namespace netlab::problem1
