// SPDX-License-Identifier: MIT
#include "problem4/stream_statistics.hpp"

#include <cstdio>

#include "common/summary.hpp"

namespace netlab::problem4 {

namespace {

// "41.0 ms".
std::string show_milliseconds(Duration d, int decimals) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*f ms", decimals, to_seconds(d) * 1000);
    return text;
}

}  // namespace

void JitterEstimator::add_sample(std::uint32_t sent_us, TimePoint arrived) {
    if (arrived_ != TimePoint{}) {
        // Modulo 2^32, and then with a sign: datagrams may overtake each other.
        const auto sent_apart = static_cast<std::int32_t>(sent_us - sent_us_);
        const Duration difference = arrived - arrived_ - std::chrono::microseconds(sent_apart);
        jitter_ += (std::chrono::abs(difference) - jitter_) / 16;
    }
    sent_us_ = sent_us;
    arrived_ = arrived;
}

void StreamStatistics::count(JitterBuffer::Arrival arrival, std::uint64_t bytes, TimePoint now) {
    using Arrival = JitterBuffer::Arrival;
    if (arrival == Arrival::duplicate) duplicate += bytes;
    if (arrival == Arrival::late) late += bytes;
    if (arrival == Arrival::recovered) {
        recovered += bytes;
        ++recovered_datagrams;
    }
    if (arrival != Arrival::fresh && arrival != Arrival::recovered) return;
    if (first_byte == TimePoint{}) first_byte = now;
    received += bytes;
    ++datagrams;
}

std::string StreamStatistics::summary(const std::string& what, TimePoint now) const {
    return what + ": " + show_count(received, "byte") + " in " + show_count(datagrams, "datagram") +
           ", " + std::to_string(recovered_datagrams) + " recovered, " +
           time_and_rate(received, now - asked) + "\n";
}

std::string StreamStatistics::details() const {
    std::string text = "first byte after " + show_milliseconds(first_byte - asked, 0);
    if (player_start != TimePoint{}) {
        text += ", player started after " + show_milliseconds(player_start - asked, 0) +
                ", starvations " + std::to_string(starvations);
    }
    text += "\nbytes";
    for (const auto& [name, bytes] : {std::pair{" received ", received},
                                      {", lost ", lost},
                                      {", recovered ", recovered},
                                      {", late ", late},
                                      {", duplicate ", duplicate},
                                      {", abandoned ", abandoned}}) {
        text += name + std::to_string(bytes);
    }
    return text + "\njitter " + show_milliseconds(jitter.jitter(), 1) + ", round trip " +
           show_milliseconds(round_trip.smoothed(), 1) + "\n";
}

}  // namespace netlab::problem4
