// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/token_bucket.hpp"
#include "problem4/packet.hpp"

namespace netlab::problem4 {

// Whether the next piece of a clip may go to one client. Two rules together make it arrive at the
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
        double media_rate = 0;          // bytes a second; 0: the clip does not tell
        double default_rate = 1 << 20;  // of what is sent then
        Duration latency = seconds(2);  // for which the client keeps media ahead

        // A file may lie about its duration: these are the rates that are believed.
        [[nodiscard]] double rate(double headroom) const {
            const double rate = media_rate > 0 ? headroom * media_rate : default_rate;
            return std::clamp(rate, 1'000.0, 250e6);
        }
    };

    Pacer(const Plan& plan, TimePoint now)
        : media_rate_(plan.media_rate),
          latency_(to_seconds(plan.latency)),
          fresh_(plan.rate(kHeadroom), kSaved * plan.rate(1), now),
          again_(plan.rate(kHeadroom), kBurst * plan.rate(1), now),
          peak_(std::max(kPeakRate, 4 * plan.rate(kHeadroom)),
                std::max(kPeakBurst, plan.rate(kHeadroom) / 200), now),
          measured_at_(now) {
        fresh_.take((kSaved - kBurst) * plan.rate(1), now);
    }

    // The client's player has consumed everything before this offset.
    void on_consumed(std::uint64_t offset, TimePoint now) {
        consumed_ = std::max(consumed_, offset);
        const double elapsed = to_seconds(now - measured_at_);
        if (elapsed < kMinMeasure) return;
        const double rate = static_cast<double>(consumed_ - measured_) / elapsed;
        consumption_ += (rate - consumption_) * (1 - std::exp(-elapsed / kSmoothing));
        measured_ = consumed_;
        measured_at_ = now;
    }

    // Whether `size` new bytes up to offset `end` go now: takes their tokens if they do.
    [[nodiscard]] bool try_send(std::uint64_t end, std::size_t size, TimePoint now) {
        return end <= consumed_ + window() && try_take(fresh_, size, now);
    }
    // The same of what goes again.
    [[nodiscard]] bool try_resend(std::size_t size, TimePoint now) {
        return try_take(again_, size, now);
    }

    [[nodiscard]] std::uint64_t window() const {
        // The larger of both: a dense part of a clip is consumed faster than the whole on average.
        const double rate = std::max(media_rate_, consumption_);
        return static_cast<std::uint64_t>(
            std::clamp((latency_ + kMargin) * rate, kMinWindow, static_cast<double>(kMaxWindow)));
    }

  private:
    static constexpr double kHeadroom = 1.25;  // times the media's rate: what catches up
    static constexpr double kBurst = 2;        // seconds of media that may go at once, at the start
    static constexpr double kSaved = 30;  // and later, if credit has held the tokens back so long
    static constexpr double kMinWindow = 64 * 1024;
    static constexpr double kMargin =
        0.5;  // seconds more than the latency: reports need their time
    static constexpr double kSmoothing = 2;  // seconds over which consumption is measured
    static constexpr double kMinMeasure = 0.02;

    // A stock receive buffer of 212 992 bytes holds some 90 datagrams of this size: a burst goes at
    // 6.4 MB/s, which leaves the client 20 ms at a time to look elsewhere; that of a clip of more
    // than 1.28 MB/s at five times its rate.
    static constexpr double kPeakRate = 6.4e6;
    static constexpr double kPeakBurst = 32 * 1024;

    [[nodiscard]] bool try_take(TokenBucket& bucket, std::size_t size, TimePoint now) {
        const auto bytes = static_cast<double>(size);
        if (std::max(bucket.ready_at(bytes, now), peak_.ready_at(bytes, now)) > now) return false;
        bucket.take(bytes, now);
        peak_.take(bytes, now);
        return true;
    }

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
