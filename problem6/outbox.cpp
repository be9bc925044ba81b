// SPDX-License-Identifier: MIT
#include "problem6/outbox.hpp"

#include <utility>

namespace netlab::problem6 {

namespace {

// A thousand clients must not keep the memory of their largest burst.
constexpr std::size_t kMostKept = 64 * 1024;

}  // namespace

bool Outbox::push(std::string_view line, TimePoint now, std::size_t extra) {
    const std::lock_guard lock(mutex_);
    if (closed_ || (overflowed_ && extra == 0)) return false;
    if (size_ == 0) moved_ = now;
    if (size_ + line.size() + 1 > limit_ + extra) {
        overflowed_ = true;
    } else {
        queued_ += line;
        queued_ += '\n';
        size_ += line.size() + 1;
    }
    return size_ > limit_ / 2;
}

// Only a thread that waits needs the system call: the others look here before they do. Made without
// the mutex, which the woken thread wants next.
void Outbox::wake() {
    {
        const std::lock_guard lock(mutex_);
        const bool news = !queued_.empty() || closed_ || overflowed_;
        if (!news || !std::exchange(waiting_, false)) return;
    }
    wakeup_.wake();
}

void Outbox::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake();
}

std::optional<TimePoint> Outbox::backed_up_since() const {
    const std::lock_guard lock(mutex_);
    if (size_ <= limit_ / 2 || closed_ || overflowed_) return std::nullopt;
    return moved_;
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

void Outbox::end_wait(bool readable) {
    {
        const std::lock_guard lock(mutex_);
        waiting_ = false;
    }
    if (readable) wakeup_.clear();
}

}  // namespace netlab::problem6
