// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/time.hpp"

// When to send again: two state machines without a clock. The caller passes the time in, so that a
// test can prove silence just before a timeout and a retransmission just after it.

namespace netlab {

// The retransmission timeout of RFC 6298: smoothed round-trip time plus four times its variation,
// within 20 ms..5 s. (The RFC's floor of 1 s is meant for the open internet; this lab's networks
// are short, and students wait for every timeout.)
class RttEstimator {
  public:
    static constexpr Duration kSmallest = milliseconds(20);
    static constexpr Duration kLargest = seconds(5);

    explicit RttEstimator(Duration initial_timeout);

    // A chunk that was sent only once was acknowledged after `round_trip`. Never call it for one
    // sent again: nobody can tell which copy was answered (Karn's algorithm, RFC 6298 section 3).
    void sample(Duration round_trip);

    [[nodiscard]] Duration timeout() const noexcept { return timeout_; }
    [[nodiscard]] Duration smoothed() const noexcept { return smoothed_; }

    // The timeout after `retransmissions` of the same chunk: doubled each time (section 5.5).
    [[nodiscard]] Duration backed_off(int retransmissions) const noexcept;

  private:
    Duration timeout_;
    Duration smoothed_{};
    Duration variation_{};
    bool first_ = true;
};

// The sender's half of selective repeat: up to `capacity` chunks are in flight, each with its own
// acknowledgement and its own timer. Chunk numbers grow by one from `first`.
class SendWindow {
  public:
    SendWindow(std::uint64_t first, std::size_t capacity, RttEstimator& rtt);

    [[nodiscard]] bool full() const noexcept { return next_ - base_ >= slots_.size(); }
    [[nodiscard]] bool empty() const noexcept { return next_ == base_; }
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    // The chunk next() has just been sent for the first time. Only while not full().
    void sent(TimePoint now);

    // An acknowledgement. True where it is the first one for a chunk in flight; a duplicate or a
    // stray changes nothing, and so never makes the sender send (RFC 1123, section 4.2.3.1).
    bool acknowledge(std::uint64_t number, TimePoint now);

    // When the next timer can fire: kNever where nothing is in flight, else never too late, though
    // maybe too early (acknowledged chunks are not searched for each time).
    [[nodiscard]] TimePoint next_timeout() const noexcept { return earliest_; }

    struct Overdue {
        std::uint64_t number = 0;
        int retransmissions = 0;  // before this one
        Duration waited{};
    };
    // Chunks whose timer has fired by `now`: send each again. Restarts their timers, backed off.
    [[nodiscard]] std::vector<Overdue> take_overdue(TimePoint now);

  private:
    struct Slot {
        TimePoint sent_at{};
        TimePoint timeout_at{};
        int retransmissions = 0;
        bool acknowledged = false;
    };
    Slot& slot(std::uint64_t number) noexcept { return slots_[number % slots_.size()]; }

    RttEstimator& rtt_;
    std::vector<Slot> slots_;  // a ring: the slot of chunk n is n modulo its size
    std::uint64_t base_;       // the oldest chunk not yet acknowledged
    std::uint64_t next_;       // the first chunk never sent
    TimePoint earliest_ = kNever;
};

}  // namespace netlab
