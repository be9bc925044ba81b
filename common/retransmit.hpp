// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
    static constexpr Duration kMin = milliseconds(20);
    static constexpr Duration kMax = seconds(5);

    explicit RttEstimator(Duration initial_timeout);

    // What was sent only once was acknowledged after `round_trip`. Ends a back-off. Never call it
    // for what was sent again: nobody can tell which copy was answered (Karn's algorithm, RFC 6298
    // section 3).
    void add_sample(Duration round_trip);

    // The timer has fired: the timeout doubles, and stays so until the next sample, also for what
    // is sent for the first time (RFC 6298, 5.5..5.7). A path that has turned slow would otherwise
    // carry everything twice for ever, since what is sent twice gives no sample.
    void back_off();

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
// numbers grow by one from `first`.
class SendWindow {
  public:
    SendWindow(std::uint64_t first, std::size_t capacity, RttEstimator& rtt);

    [[nodiscard]] bool full() const noexcept { return next_ - base_ >= capacity_; }
    [[nodiscard]] bool empty() const noexcept { return next_ == base_; }
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    // The chunk next() has just been sent for the first time. Only while not full().
    void on_sent(TimePoint now);

    // True if it is the first acknowledgement of a chunk in flight. A duplicate or a stray changes
    // nothing, and so never makes the sender send (RFC 1123, section 4.2.3.1).
    bool on_acknowledged(std::uint64_t number, TimePoint now);

    // When the next timer can fire: kNever if nothing is in flight, else never too late, though
    // maybe too early (acknowledged chunks are not searched for each time). take_expired() at that
    // time moves it on.
    [[nodiscard]] TimePoint next_timeout() const noexcept;

    struct Expired {
        std::uint64_t number = 0;
        int retransmissions = 0;  // before this one
        Duration waited{};
    };
    // Chunks whose timer has fired by `now`: send each again. Restarts their timers. Backs off, but
    // only once for all that was in flight at the time: their losses are one event.
    [[nodiscard]] std::vector<Expired> take_expired(TimePoint now);

  private:
    struct Slot {
        TimePoint sent_at{};  // for the last time
        std::uint32_t retransmissions = 0;
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
