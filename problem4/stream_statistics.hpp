// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/retransmit.hpp"
#include "problem4/jitter_buffer.hpp"

namespace netlab::problem4 {

// The interarrival jitter of RFC 3550, section 6.4.1: how much the transit time of datagrams
// varies, smoothed. The clocks of the two machines need not agree, since only differences count.
class JitterEstimator {
  public:
    // `sent_us` is the sender's clock in microseconds modulo 2^32, as in the datagram.
    void add_sample(std::uint32_t sent_us, TimePoint arrived);
    [[nodiscard]] Duration jitter() const noexcept { return jitter_; }

  private:
    std::uint32_t sent_us_ = 0;
    TimePoint arrived_{};  // TimePoint{}: none has
    Duration jitter_{};
};

// What a client has seen of its session.
struct StreamStatistics {
    TimePoint asked{};
    TimePoint first_byte{};    // TimePoint{}: not yet
    TimePoint player_start{};  // the same
    int starvations = 0;

    // Bytes of payload.
    std::uint64_t received = 0;  // of use, for the first time
    std::uint64_t lost = 0;      // asked for again
    std::uint64_t recovered = 0;
    std::uint64_t late = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t abandoned = 0;

    std::uint64_t datagrams = 0;            // of use
    std::uint64_t recovered_datagrams = 0;  // those of them that had to be asked for
    JitterEstimator jitter;
    RttEstimator round_trip{milliseconds(200)};

    void count(JitterBuffer::Arrival arrival, std::uint64_t bytes, TimePoint now);

    // "WHAT: 300000 bytes in 200 datagrams, 4 recovered, 10.021 s, 29.9 kB/s".
    [[nodiscard]] std::string summary(const std::string& what, TimePoint now) const;

    // The rest, in three lines, once the first byte is there.
    [[nodiscard]] std::string details() const;
};

}  // namespace netlab::problem4
