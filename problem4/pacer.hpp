// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "common/time.hpp"
#include "common/token_bucket.hpp"

namespace netlab::problem4 {

// When the next piece of a clip may go to one client. Two rules together make it arrive at the
// speed at which it is played:
//
//  - credit: nothing goes further than a window past what the player has consumed. A player that
//    reads as it plays sets the pace by this alone.
//  - tokens: no more than 1.25 times the clip's own rate after the first two seconds of it. A
//    player with a large cache, or a copy, would swallow everything at once. What a player leaves
//    is saved for the dense parts of the clip.
//
// What is sent again needs no credit, and has tokens of its own, so that repairing a lossy network
// never slows the stream down below real time. Pure: the time is passed in. Not thread-safe.
class Pacer {
  public:
    struct Plan {
        std::optional<double> media_rate{};  // bytes a second, if the clip tells
        double default_rate = 1 << 20;       // of what is sent, if it does not
        Duration latency = seconds(2);       // for which the client keeps media ahead
    };

    Pacer(const Plan& plan, TimePoint now);

    // The client's player has consumed everything before this offset.
    void on_consumed(std::uint64_t offset, TimePoint now);

    // When `size` new bytes up to offset `end` may go: kNever until more is consumed.
    [[nodiscard]] TimePoint send_at(std::uint64_t end, std::size_t size, TimePoint now) {
        return end > consumed_ + window() ? kNever : ready_at(fresh_, size, now);
    }
    void on_sent(std::size_t size, TimePoint now) { take(fresh_, size, now); }

    // When a piece may go again.
    [[nodiscard]] TimePoint resend_at(std::size_t size, TimePoint now) {
        return ready_at(again_, size, now);
    }
    void on_resent(std::size_t size, TimePoint now) { take(again_, size, now); }

    [[nodiscard]] std::uint64_t window() const;

  private:
    [[nodiscard]] TimePoint ready_at(TokenBucket& bucket, std::size_t size, TimePoint now);
    void take(TokenBucket& bucket, std::size_t size, TimePoint now);

    double media_rate_;  // 0: unknown
    double latency_;     // in seconds
    TokenBucket fresh_;
    TokenBucket again_;
    TokenBucket peak_;  // for both: a burst must not flood the client's receive buffer

    std::uint64_t consumed_ = 0;
    double consumption_ = 0;  // bytes a second, smoothed
    std::uint64_t measured_ = 0;
    TimePoint measured_at_;
};

}  // namespace netlab::problem4
