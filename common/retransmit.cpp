// SPDX-License-Identifier: MIT
#include "common/retransmit.hpp"

#include <algorithm>
#include <stdexcept>

namespace netlab {

RttEstimator::RttEstimator(Duration initial_timeout)
    : timeout_(std::clamp(initial_timeout, kSmallest, kLargest)) {}

void RttEstimator::sample(Duration round_trip) {
    if (first_) {  // RFC 6298 (2.2)
        smoothed_ = round_trip;
        variation_ = round_trip / 2;
        first_ = false;
    } else {  // (2.3): the gains are 1/8 and 1/4
        const Duration error =
            smoothed_ > round_trip ? smoothed_ - round_trip : round_trip - smoothed_;
        variation_ += (error - variation_) / 4;
        smoothed_ += (round_trip - smoothed_) / 8;
    }
    timeout_ = std::clamp(smoothed_ + 4 * variation_, kSmallest, kLargest);
}

Duration RttEstimator::backed_off(int retransmissions) const noexcept {
    Duration timeout = timeout_;
    for (int i = 0; i < retransmissions && timeout < kLargest; ++i) timeout *= 2;
    return std::min(timeout, kLargest);
}

SendWindow::SendWindow(std::uint64_t first, std::size_t capacity, RttEstimator& rtt)
    : rtt_(rtt), slots_(capacity), base_(first), next_(first) {
    if (capacity == 0) throw std::invalid_argument("a window of 0 chunks");
}

void SendWindow::sent(TimePoint now) {
    const TimePoint timeout_at = now + rtt_.timeout();
    slot(next_++) = {now, timeout_at, 0, false};
    earliest_ = std::min(earliest_, timeout_at);
}

bool SendWindow::acknowledge(std::uint64_t number, TimePoint now) {
    if (number < base_ || number >= next_) return false;
    Slot& acknowledged = slot(number);
    if (acknowledged.acknowledged) return false;
    acknowledged.acknowledged = true;
    if (acknowledged.retransmissions == 0) rtt_.sample(now - acknowledged.sent_at);

    while (base_ < next_ && slot(base_).acknowledged) ++base_;
    if (base_ == next_) earliest_ = kNever;
    return true;
}

std::vector<SendWindow::Overdue> SendWindow::take_overdue(TimePoint now) {
    std::vector<Overdue> overdue;
    if (now < earliest_) return overdue;

    earliest_ = kNever;
    for (std::uint64_t number = base_; number < next_; ++number) {
        Slot& pending = slot(number);
        if (pending.acknowledged) continue;
        if (pending.timeout_at <= now) {
            overdue.push_back({number, pending.retransmissions, now - pending.sent_at});
            ++pending.retransmissions;
            pending.sent_at = now;
            pending.timeout_at = now + rtt_.backed_off(pending.retransmissions);
        }
        earliest_ = std::min(earliest_, pending.timeout_at);
    }
    return overdue;
}

}  // namespace netlab
