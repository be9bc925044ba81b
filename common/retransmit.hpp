// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <vector>

#include "common/time.hpp"

namespace netlab {

// The retransmission timeout of RFC 6298: smoothed round-trip time plus four times its variation,
// within 20 ms..5 s. (The RFC's floor of 1 s is meant for the open internet; this lab's networks
// are short, and students wait for every timeout.)
class RttEstimator {
  public:
    static constexpr Duration kMin = milliseconds(20);
    static constexpr Duration kMax = seconds(5);

    explicit RttEstimator(Duration initial_timeout)
        : timeout_(std::clamp(initial_timeout, kMin, kMax)) {}

    // What was sent only once was acknowledged after `round_trip`. Ends a back-off. Never call it
    // for what was sent again: nobody can tell which copy was answered (Karn's algorithm, RFC 6298
    // section 3).
    void add_sample(Duration round_trip) {
        if (first_) {  // RFC 6298 (2.2)
            smoothed_ = round_trip;
            variation_ = round_trip / 2;
            first_ = false;
        } else {  // (2.3): the gains are 1/8 and 1/4
            variation_ += (std::chrono::abs(smoothed_ - round_trip) - variation_) / 4;
            smoothed_ += (round_trip - smoothed_) / 8;
        }
        timeout_ = std::clamp(smoothed_ + 4 * variation_, kMin, kMax);
    }

    // The timer has fired: the timeout doubles, and stays so until the next sample, also for what
    // is sent for the first time (RFC 6298, 5.5..5.7). A path that has turned slow would otherwise
    // carry everything twice for ever, since what is sent twice gives no sample.
    void back_off() { timeout_ = std::min(2 * timeout_, kMax); }

    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    [[nodiscard]] Duration smoothed() const noexcept { return smoothed_; }

  private:
    Duration timeout_;
    Duration smoothed_{};
    Duration variation_{};
    bool first_ = true;
};

// The sender's half of selective repeat: up to `capacity` chunks are in flight, counted from the
// oldest without an acknowledgement, each with its own acknowledgement and its own timer. Chunk
// numbers grow by one from `first`. Knows no clock: the time is passed in.
class SendWindow {
  public:
    // `capacity` is not 0.
    SendWindow(std::uint64_t first, std::size_t capacity, RttEstimator& rtt)
        : rtt_(rtt),
          capacity_(capacity),
          slots_(std::bit_ceil(capacity)),
          base_(first),
          next_(first) {}

    [[nodiscard]] bool full() const noexcept { return next_ - base_ >= capacity_; }
    [[nodiscard]] bool empty() const noexcept { return next_ == base_; }
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    // The chunk next() has just been sent for the first time. Only while not full().
    void on_sent(TimePoint now) {
        slot(next_++) = {.sent_at = now};
        oldest_sent_ = std::min(oldest_sent_, now);
    }

    // True if it is the first acknowledgement of a chunk in flight. A duplicate or a stray changes
    // nothing, and so never makes the sender send (RFC 1123, section 4.2.3.1).
    bool on_acknowledged(std::uint64_t number, TimePoint now) {
        if (number < base_ || number >= next_ || slot(number).acknowledged) return false;
        slot(number).acknowledged = true;
        if (slot(number).retransmissions == 0) rtt_.add_sample(now - slot(number).sent_at);
        while (base_ < next_ && slot(base_).acknowledged) ++base_;
        if (empty()) oldest_sent_ = kNever;
        return true;
    }

    // When the next timer can fire: kNever if nothing is in flight, else never too late, though
    // maybe too early (acknowledged chunks are not searched for each time). take_expired() at that
    // time moves it on.
    [[nodiscard]] TimePoint next_timeout() const noexcept {
        return oldest_sent_ == kNever ? kNever : oldest_sent_ + rtt_.timeout();
    }

    struct Expired {
        std::uint64_t number = 0;
        int retransmissions = 0;  // before this one
        Duration waited{};
    };
    // Chunks whose timer has fired by `now`: send each again. Restarts their timers. Backs off, but
    // only once for all that was in flight at the time: their losses are one event.
    [[nodiscard]] std::vector<Expired> take_expired(TimePoint now) {
        std::vector<Expired> expired;
        if (now < next_timeout()) return expired;

        bool new_loss = false;
        oldest_sent_ = kNever;
        for (std::uint64_t number = base_; number < next_; ++number) {
            Slot& pending = slot(number);
            if (pending.acknowledged) continue;
            if (pending.sent_at + rtt_.timeout() <= now) {
                expired.push_back({number, pending.retransmissions++, now - pending.sent_at});
                new_loss = new_loss || pending.sent_at >= backed_off_at_;
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

  private:
    struct Slot {
        TimePoint sent_at{};  // for the last time
        int retransmissions = 0;
        bool acknowledged = false;
    };
    Slot& slot(std::uint64_t number) noexcept { return slots_[number & (slots_.size() - 1)]; }

    RttEstimator& rtt_;
    std::size_t capacity_;
    std::vector<Slot> slots_;         // a ring: chunk n is at n modulo its size, a power of two
    std::uint64_t base_;              // the oldest chunk not yet acknowledged
    std::uint64_t next_;              // the first chunk never sent
    TimePoint oldest_sent_ = kNever;  // no chunk in flight was sent earlier
    TimePoint backed_off_at_ = TimePoint::min();
};

}  // namespace netlab
