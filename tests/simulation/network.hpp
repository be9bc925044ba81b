// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/io.hpp"

// A network that exists in memory, in virtual time: what one end sends arrives at the other one
// later, twice, damaged, or never. The fate of a message depends on the seed and on the message's
// number alone, so that a run can be repeated, and repeated with one loss less.

namespace netlab::simulation {

enum class End { client, server };

constexpr End other(End end) {
    return end == End::client ? End::server : End::client;
}

struct Faults {
    std::uint64_t seed = 0;
    double loss = 0;  // probabilities, 0..1
    double duplicate = 0;
    double reorder = 0;  // arrives kHeldBack later
    double corrupt = 0;
    Duration delay = milliseconds(1);  // one way
    Duration jitter{};                 // 0..jitter on top of the delay
    std::size_t queue = SIZE_MAX;      // messages under way in one direction; one more is lost
    Duration hole_begin{};             // nothing gets through in [hole_begin, hole_end)
    Duration hole_end{};
    std::set<std::uint64_t> lost;  // exactly these messages, counted over both directions from 1
    Duration heals_at =
        seconds(3600);  // from then on nothing of all this happens, but for the delay

    static constexpr Duration kHeldBack = milliseconds(30);

    // Rates of 0..40 %, each fault on or off, as the seed has it.
    static Faults draw(std::uint64_t seed);
};

// "seed 7: loss 12%, delay 3 ms, ..."
std::string describe(const Faults& faults);

class Network {
  public:
    struct Protocol {
        // A message in words, for the ladder.
        std::function<std::string(Bytes)> describe;
        // Corruption flips a bit at or after this position. kNoChecksum: the protocol could not
        // tell, so that a corrupted message is dropped, as UDP's own checksum would have it.
        std::size_t corruptible_from = 0;
    };
    static constexpr std::size_t kNoChecksum = SIZE_MAX;
    static constexpr TimePoint kBegin{seconds(1000)};

    Network(Faults faults, Protocol protocol);

    [[nodiscard]] TimePoint now() const noexcept { return now_; }
    [[nodiscard]] TimePoint healed_at() const noexcept { return kBegin + faults_.heals_at; }
    void advance(TimePoint now) noexcept { now_ = now; }

    void send(End from, Bytes message);

    struct Arrival {
        End to{};
        std::vector<std::byte> message;
    };
    // kNever if nothing is under way.
    [[nodiscard]] TimePoint next_arrival() const;
    [[nodiscard]] Arrival take_arrival();

    [[nodiscard]] std::uint64_t sent() const noexcept { return count_; }
    // The numbers of the messages that never arrived.
    [[nodiscard]] const std::set<std::uint64_t>& lost() const noexcept { return lost_; }

    // Keeps the story of what is sent from now on, and what happens at an end.
    void keep_story() noexcept { story_kept_ = true; }
    void note(End end, const std::string& text);
    // The exchange in two columns, the client on the left.
    [[nodiscard]] std::string ladder() const;
    // "--impair drop=3+7" for each end of the real programs: the losses, counted by direction.
    [[nodiscard]] std::string impairment() const;

  private:
    struct Step {
        TimePoint at{};
        End from{};
        std::string text;
        std::string fate;  // of a message; of a note: empty
        bool note = false;
    };

    void schedule(End to, std::vector<std::byte> message, Duration delay);

    Faults faults_;
    Protocol protocol_;
    TimePoint now_ = kBegin;
    std::uint64_t count_ = 0;
    std::uint64_t count_by_end_[2] = {0, 0};
    std::size_t under_way_[2] = {0, 0};
    std::multimap<TimePoint, Arrival> arrivals_;
    std::set<std::uint64_t> lost_;
    std::vector<std::uint64_t> lost_by_end_[2];
    bool story_kept_ = false;
    std::vector<Step> story_;
};

}  // namespace netlab::simulation
