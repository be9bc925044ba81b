// SPDX-License-Identifier: MIT
#include "problem4/pacer.hpp"

#include <algorithm>
#include <cmath>

#include "problem4/packet.hpp"

namespace netlab::problem4 {

namespace {

constexpr double kHeadroom = 1.25;  // times the media's rate: what catches up after a hole
constexpr double kBurst = 2;        // seconds of media that may go at once, at the start
constexpr double kSaved = 30;       // and later, if credit has held the tokens back so long
constexpr double kMinWindow = 64 * 1024;
constexpr double kMargin = 0.5;   // seconds more than the latency: reports need their time
constexpr double kSmoothing = 2;  // seconds over which consumption is measured
constexpr double kMinMeasure = 0.02;

// A stock receive buffer of 212 992 bytes holds some 90 datagrams of this size: a burst goes at 6.4
// MB/s, which leaves the client 20 ms at a time to look elsewhere.
constexpr double kPeakRate = 6.4e6;
constexpr double kPeakBurst = 32 * 1024;

// A file may lie about its duration: these are the rates that are believed.
constexpr double kMinRate = 1'000;
constexpr double kMaxRate = 250e6;

double new_rate(const Pacer::Plan& plan) {
    const double rate = plan.media_rate ? kHeadroom * *plan.media_rate : plan.default_rate;
    return std::clamp(rate, kMinRate, kMaxRate);
}

double media_rate(const Pacer::Plan& plan) {
    return std::clamp(plan.media_rate.value_or(plan.default_rate), kMinRate, kMaxRate);
}

}  // namespace

Pacer::Pacer(const Plan& plan, TimePoint now)
    : media_rate_(plan.media_rate.value_or(0)),
      latency_(to_seconds(plan.latency)),
      fresh_(new_rate(plan), kSaved * media_rate(plan), now),
      again_(new_rate(plan), kBurst * media_rate(plan), now),
      peak_(std::max(kPeakRate, 4 * new_rate(plan)), std::max(kPeakBurst, new_rate(plan) / 200),
            now),
      measured_at_(now) {
    fresh_.take((kSaved - kBurst) * media_rate(plan), now);
}

void Pacer::on_consumed(std::uint64_t offset, TimePoint now) {
    consumed_ = std::max(consumed_, offset);
    const double elapsed = to_seconds(now - measured_at_);
    if (elapsed < kMinMeasure) return;
    const double rate = static_cast<double>(consumed_ - measured_) / elapsed;
    consumption_ += (rate - consumption_) * (1 - std::exp(-elapsed / kSmoothing));
    measured_ = consumed_;
    measured_at_ = now;
}

std::uint64_t Pacer::window() const {
    // The larger of both: a dense part of a clip is consumed faster than the whole on average.
    const double rate = std::max(media_rate_, consumption_);
    return static_cast<std::uint64_t>(
        std::clamp((latency_ + kMargin) * rate, kMinWindow, static_cast<double>(kMaxWindow)));
}

TimePoint Pacer::ready_at(TokenBucket& bucket, std::size_t size, TimePoint now) {
    const auto bytes = static_cast<double>(size);
    return std::max(bucket.ready_at(bytes, now), peak_.ready_at(bytes, now));
}

void Pacer::take(TokenBucket& bucket, std::size_t size, TimePoint now) {
    bucket.take(static_cast<double>(size), now);
    peak_.take(static_cast<double>(size), now);
}

}  // namespace netlab::problem4
