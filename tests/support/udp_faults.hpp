// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>

#include "common/time.hpp"

namespace netlab::testing {

// What a network does to the datagrams of one direction. Probabilities are 0..1.
struct Faults {
    double loss = 0;
    double duplicate = 0;
    double reorder = 0;  // a datagram changes places with the next one
    double corrupt = 0;  // one bit flips
    Duration delay{};
    Duration jitter{};                   // the delay varies by up to so much, both ways
    std::set<std::uint64_t> drop_nth{};  // counted from 1, per client and direction
};

std::string describe(const Faults& faults);

// What happens to one datagram.
struct Fate {
    bool dropped = false;
    bool duplicated = false;
    bool reordered = false;
    bool corrupted = false;
    std::uint64_t flipped_bit = 0;  // modulo the datagram's size in bits
    Duration delay{};
};

// Rolls the fates of one client's datagrams in one direction. Same seed, same fates; each datagram
// takes the same number of rolls, so that one fault's probability does not change the others'
// choice.
class FaultDice {
  public:
    explicit FaultDice(std::uint64_t seed) : engine_(seed) {}
    Fate roll(const Faults& faults);

  private:
    double uniform();  // in [0, 1)

    std::mt19937_64 engine_;
    std::uint64_t count_ = 0;
};

}  // namespace netlab::testing
