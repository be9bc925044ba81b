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
    const bool room = size_ + line.size() + 1 <= limit_ + extra && (lost_ == 0 || extra > 0);
    if (room && append(line)) {
        size_ += line.size() + 1;
    } else {
        ++lost_;
    }
    return lost_ == 0 && size_ > limit_ / 2;
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

void Outbox::request_wake() noexcept {
    const std::lock_guard lock(mutex_);
    wake_requested_ = true;
}

// Only a thread that waits needs the system call: the others look here before they do. Made without
// the mutex, which the woken thread wants next.
void Outbox::wake() noexcept {
    {
        const std::lock_guard lock(mutex_);
        const bool news = !queued_.empty() || closed_ || lost_ > 0 || wake_requested_;
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
    if (size_ <= limit_ / 2 || closed_ || lost_ > 0) return std::nullopt;
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
    return lost_ > 0;
}

std::size_t Outbox::reopen() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lost_, 0);
}

bool Outbox::begin_wait() {
    const std::lock_guard lock(mutex_);
    const bool news = !queued_.empty() && done_ == sending_.size();
    waiting_ = !news && !closed_ && lost_ == 0 && !std::exchange(wake_requested_, false);
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
