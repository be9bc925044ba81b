// SPDX-License-Identifier: MIT
#include "common/retransmit.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace netlab {

RttEstimator::RttEstimator(Duration initial_timeout)
    : timeout_(std::clamp(initial_timeout, kMin, kMax)) {}

void RttEstimator::add_sample(Duration round_trip) {
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
    timeout_ = std::clamp(smoothed_ + 4 * variation_, kMin, kMax);
}

void RttEstimator::back_off() {
    timeout_ = std::min(2 * timeout_, kMax);
}

SendWindow::SendWindow(std::uint64_t first, std::size_t capacity, RttEstimator& rtt)
    : rtt_(rtt), capacity_(capacity), slots_(std::bit_ceil(capacity)), base_(first), next_(first) {
    if (capacity == 0) throw std::invalid_argument("a window of 0 chunks");
}

void SendWindow::on_sent(TimePoint now) {
    slot(next_++) = {now, 0, false};
    oldest_sent_ = std::min(oldest_sent_, now);
}

bool SendWindow::on_acknowledged(std::uint64_t number, TimePoint now) {
    if (number < base_ || number >= next_) return false;
    Slot& acknowledged = slot(number);
    if (acknowledged.acknowledged) return false;
    acknowledged.acknowledged = true;
    if (acknowledged.retransmissions == 0) rtt_.add_sample(now - acknowledged.sent_at);

    while (base_ < next_ && slot(base_).acknowledged) ++base_;
    if (base_ == next_) oldest_sent_ = kNever;
    return true;
}

TimePoint SendWindow::next_timeout() const noexcept {
    return oldest_sent_ == kNever ? kNever : oldest_sent_ + rtt_.timeout();
}

std::vector<SendWindow::Expired> SendWindow::take_expired(TimePoint now) {
    std::vector<Expired> expired;
    if (now < next_timeout()) return expired;

    const Duration timeout = rtt_.timeout();
    bool new_loss = false;
    oldest_sent_ = kNever;
    for (std::uint64_t number = base_; number < next_; ++number) {
        Slot& pending = slot(number);
        if (pending.acknowledged) continue;
        if (pending.sent_at + timeout <= now) {
            expired.push_back(
                {number, static_cast<int>(pending.retransmissions), now - pending.sent_at});
            new_loss = new_loss || pending.sent_at >= backed_off_at_;
            ++pending.retransmissions;
            pending.sent_at = now;
        }
        oldest_sent_ = std::min(oldest_sent_, pending.sent_at);
    }
    if (new_loss) {
        rtt_.back_off();
        backed_off_at_ = now;
    }
    return expired;
}

}  // namespace netlab
