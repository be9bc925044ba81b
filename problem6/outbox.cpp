// SPDX-License-Identifier: MIT
#include "problem6/outbox.hpp"

#include <utility>

namespace netlab::problem6 {

namespace {

// A client that has taken nothing for so long is not waited for by those who write to it.
constexpr Duration kPatience = milliseconds(100);

// A thousand clients must not keep the memory of their largest burst.
constexpr std::size_t kMostKept = 64 * 1024;

}  // namespace

bool Outbox::push(std::string_view line, TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (closed_ || overflowed_) return false;
    if (size_ == 0) moved_ = now;
    if (size_ + line.size() + 1 > limit_) {
        overflowed_ = true;
    } else {
        queued_ += line;
        queued_ += '\n';
        size_ += line.size() + 1;
    }
    // Only a thread that waits needs the system call: the others look here before they do.
    if (std::exchange(waiting_, false)) wakeup_.wake();
    return size_ > limit_ / 2;
}

void Outbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (std::exchange(waiting_, false)) wakeup_.wake();
}

bool Outbox::backed_up(TimePoint now) const {
    const std::lock_guard lock(mutex_);
    return size_ > limit_ / 2 && !closed_ && !overflowed_ && now - moved_ < kPatience;
}

Bytes Outbox::next() {
    if (done_ == sending_.size()) {
        done_ = 0;
        sending_.clear();
        if (sending_.capacity() > kMostKept) sending_ = std::string();
        const std::lock_guard lock(mutex_);
        sending_.swap(queued_);
    }
    return as_bytes(sending_).subspan(done_);
}

void Outbox::sent(std::size_t count, TimePoint now) {
    if (count == 0) return;
    done_ += count;
    const std::lock_guard lock(mutex_);
    size_ -= count;
    moved_ = now;
}

bool Outbox::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

bool Outbox::overflowed() const {
    const std::lock_guard lock(mutex_);
    return overflowed_;
}

void Outbox::reopen() {
    const std::lock_guard lock(mutex_);
    overflowed_ = false;
}

bool Outbox::begin_wait() {
    const std::lock_guard lock(mutex_);
    const bool news = !queued_.empty() && done_ == sending_.size();
    waiting_ = !news && !closed_ && !overflowed_;
    return waiting_;
}

void Outbox::end_wait() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(waiting_, false)) wakeup_.clear();
}

}  // namespace netlab::problem6
