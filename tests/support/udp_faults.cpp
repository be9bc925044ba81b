// SPDX-License-Identifier: MIT
#include "tests/support/udp_faults.hpp"

#include <algorithm>
#include <sstream>

namespace netlab::testing {

std::string describe(const Faults& faults) {
    std::ostringstream text;
    text << "loss=" << faults.loss << ",duplicate=" << faults.duplicate
         << ",reorder=" << faults.reorder << ",corrupt=" << faults.corrupt
         << ",delay=" << to_seconds(faults.delay) << "s,jitter=" << to_seconds(faults.jitter)
         << 's';
    for (const std::uint64_t n : faults.drop_nth) {
        text << (n == *faults.drop_nth.begin() ? ",drop=" : "+") << n;
    }
    return text.str();
}

double FaultDice::uniform() {
    // The 53 bits of a double's fraction: std::uniform_real_distribution differs between libraries.
    return static_cast<double>(engine_() >> 11) * 0x1p-53;
}

Fate FaultDice::roll(const Faults& faults) {
    Fate fate;
    fate.dropped = uniform() < faults.loss;
    fate.duplicated = uniform() < faults.duplicate;
    fate.reordered = uniform() < faults.reorder;
    fate.corrupted = uniform() < faults.corrupt;
    fate.flipped_bit = engine_();
    const double sway = 2 * uniform() - 1;
    const Duration delay = faults.delay + from_seconds(sway * to_seconds(faults.jitter));
    fate.delay = std::max(delay, Duration::zero());
    if (faults.drop_nth.contains(++count_)) fate.dropped = true;
    return fate;
}

}  // namespace netlab::testing
