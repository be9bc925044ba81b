// SPDX-License-Identifier: MIT
#include "problem4/stream_statistics.hpp"

#include <cstdio>

#include "common/summary.hpp"

namespace netlab::problem4 {

namespace {

double in_milliseconds(Duration d) {
    return to_seconds(d) * 1000;
}

}  // namespace

void JitterEstimator::sample(std::uint32_t sent_us, TimePoint arrived) {
    if (!first_) {
        // Modulo 2^32, and then with a sign: datagrams may overtake each other.
        const auto sent_apart = static_cast<std::int32_t>(sent_us - sent_us_);
        const Duration difference = arrived - arrived_ - std::chrono::microseconds(sent_apart);
        const Duration deviation = difference < Duration{} ? -difference : difference;
        jitter_ += (deviation - jitter_) / 16;
    }
    first_ = false;
    sent_us_ = sent_us;
    arrived_ = arrived;
}

void StreamStatistics::count(JitterBuffer::Arrival arrival, std::uint64_t bytes, TimePoint now) {
    using Arrival = JitterBuffer::Arrival;
    if (arrival == Arrival::duplicate) duplicate += bytes;
    if (arrival == Arrival::late) late += bytes;
    if (arrival != Arrival::fresh && arrival != Arrival::recovered) return;

    if (first_byte == TimePoint{}) first_byte = now;
    received += bytes;
    ++datagrams;
    if (arrival == Arrival::fresh) return;
    recovered += bytes;
    ++recovered_datagrams;
}

std::string StreamStatistics::summary(const std::string& what, TimePoint now) const {
    return what + ": " + std::to_string(received) + " bytes in " + std::to_string(datagrams) +
           (datagrams == 1 ? " datagram, " : " datagrams, ") + std::to_string(recovered_datagrams) +
           " recovered, " + time_and_rate(received, now - asked) + "\n";
}

std::string StreamStatistics::details() const {
    char first[64];
    char player[96] = "";
    char times[64];
    std::snprintf(first, sizeof first, "first byte after %.0f ms",
                  in_milliseconds(first_byte - asked));
    if (player_start != TimePoint{}) {
        std::snprintf(player, sizeof player, ", player started after %.0f ms, starvations %d",
                      in_milliseconds(player_start - asked), starvations);
    }
    std::snprintf(times, sizeof times, "jitter %.1f ms, round trip %.1f ms",
                  in_milliseconds(jitter.jitter()), in_milliseconds(round_trip.smoothed()));
    return std::string(first) + player + "\nbytes received " + std::to_string(received) +
           ", lost " + std::to_string(lost) + ", recovered " + std::to_string(recovered) +
           ", late " + std::to_string(late) + ", duplicate " + std::to_string(duplicate) +
           ", abandoned " + std::to_string(abandoned) + "\n" + times + "\n";
}

}  // namespace netlab::problem4
