// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.hpp"
#include "common/time.hpp"

// Breaks the network on purpose, by chance or by choosing exact messages, before what a program
// sends reaches its socket. Pure: knows no socket and no clock. The same seed is the same fate.

namespace netlab {

struct ImpairmentSpec {
    double loss = 0;  // probabilities, 0..1
    double duplicate = 0;
    double reorder = 0;
    double corrupt = 0;
    Duration delay{};
    Duration jitter{};  // the delay varies uniformly by plus or minus this much
    std::uint64_t seed = 1;
    std::vector<std::uint64_t> drop;  // exactly these messages are lost, counted from 1

    // "loss=10%,duplicate=1%,reorder=5%,corrupt=0.5%,delay=20ms,jitter=5ms,seed=7,drop=3+7+9", any
    // part of it in any order. Throws UsageError that names the wrong part.
    static ImpairmentSpec parse(std::string_view text);

    [[nodiscard]] bool active() const noexcept;
};

// The fate of the messages that one program sends to one peer (or on one connection). Not
// thread-safe.
class Impairment {
  public:
    // For how long a reordered message is held back, so that others overtake it.
    static constexpr Duration kHold = milliseconds(20);

    using Message = std::vector<std::byte>;

    explicit Impairment(ImpairmentSpec spec) : spec_(std::move(spec)), random_(spec_.seed) {}

    struct Fate {
        bool dropped = false;
        bool duplicated = false;
        bool corrupted = false;
        bool delayed = false;  // not sent at once: also what is to be overtaken
    };

    // Takes the next message that the program sends; then take what is due. A corruption flips one
    // bit at or after position `corruptible_from`.
    Fate submit(Bytes message, std::size_t corruptible_from, TimePoint now);

    // The messages to put on the wire by `now`, in order.
    [[nodiscard]] std::vector<Message> take_due(TimePoint now);

    // When take_due() has something again: kNever if nothing waits.
    [[nodiscard]] TimePoint next_deadline() const;

  private:
    bool chance(double probability);

    ImpairmentSpec spec_;
    std::mt19937_64 random_;
    std::uint64_t count_ = 0;
    bool reordered_ = false;  // the last message was
    std::multimap<TimePoint, Message> waiting_;
};

// The worst that happened: "dropped", "corrupted", "duplicated" or "delayed"; empty if nothing did.
std::string_view name_of(const Impairment::Fate& fate) noexcept;

}  // namespace netlab
