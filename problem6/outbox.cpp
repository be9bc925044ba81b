// SPDX-License-Identifier: MIT
#include "problem6/outbox.hpp"

#include <new>
#include <utility>

namespace netlab::problem6 {

namespace {

// A thousand clients must not keep the memory of their largest burst.
constexpr std::size_t kMaxKept = 64 * 1024;

}  // namespace

bool Outbox::push(std::string_view line, TimePoint now, std::size_t extra) noexcept {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (size_ == 0) moved_ = now;
    const bool room = size_ + line.size() + 1 <= limit_ + extra && (!overflowed_ || extra > 0);
    if (room && append(line)) {
        size_ += line.size() + 1;
    } else {
        overflowed_ = true;
        ++lost_;
    }
    return !overflowed_ && size_ > limit_ / 2;
}

// False, and nothing has changed, if memory has run out.
bool Outbox::append(std::string_view line) noexcept {
    const std::size_t before = queued_.size();
    try {
        queued_ += line;
        queued_ += '\n';
    } catch (const std::bad_alloc&) {
        queued_.resize(before);
        return false;
    }
    return true;
}

void Outbox::nudge() noexcept {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
}

// Only a thread that waits needs the system call: the others look here before they do. Made without
// the mutex, which the woken thread wants next.
void Outbox::wake() noexcept {
    {
        const std::lock_guard lock(mutex_);
        const bool news = !queued_.empty() || closed_ || overflowed_ || nudged_;
        if (!news || !std::exchange(waiting_, false)) return;
    }
    wakeup_.wake();
}

void Outbox::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wakeup_.wake();  // also if its thread waits for something else
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
        if (sending_.capacity() > kMaxKept) sending_ = std::string();
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

std::size_t Outbox::reopen() {
    const std::lock_guard lock(mutex_);
    overflowed_ = false;
    return std::exchange(lost_, 0);
}

bool Outbox::begin_wait() {
    const std::lock_guard lock(mutex_);
    const bool news = !queued_.empty() && done_ == sending_.size();
    waiting_ = !news && !closed_ && !overflowed_ && !std::exchange(nudged_, false);
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
