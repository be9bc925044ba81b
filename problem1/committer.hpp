// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "common/thread.hpp"
#include "problem1/datagram_sessions.hpp"

namespace netlab::problem1 {

// A thread that verifies files and makes them durable, so that a slow disk holds up nothing else.
// In the order in which they are put in. Thread-safe.
class Committer {
  public:
    struct Outcome {
        DatagramSessions::Key key;
        std::optional<ErrorInfo> error;
    };

    // `on_outcome` is called in the thread when there is something to take.
    explicit Committer(std::function<void()> on_outcome)
        : on_outcome_(std::move(on_outcome)), thread_(start_thread([this] { work(); })) {}
    ~Committer() { finish(); }
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void put(DatagramSessions::Commit commit) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(commit));
        changed_.notify_one();
    }

    [[nodiscard]] std::optional<Outcome> take() {
        const std::lock_guard lock(mutex_);
        if (done_.empty()) return std::nullopt;
        Outcome outcome = std::move(done_.front());
        done_.pop_front();
        return outcome;
    }

    // Until all that was put in is done; nothing may be put in after it.
    void finish() {
        {
            const std::lock_guard lock(mutex_);
            finishing_ = true;
            changed_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
    }

  private:
    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            DatagramSessions::Commit commit = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            Outcome outcome{commit.key, commit.upload.commit(commit.crc)};
            lock.lock();
            done_.push_back(std::move(outcome));
            on_outcome_();
        }
    }

    std::function<void()> on_outcome_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<DatagramSessions::Commit> waiting_;  // guarded by mutex_
    std::deque<Outcome> done_;                      // guarded by mutex_
    bool finishing_ = false;                        // guarded by mutex_
    std::thread thread_;                            // last: it uses all of these
};

}  // namespace netlab::problem1
