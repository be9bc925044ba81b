// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "tests/simulation/simulation.hpp"

namespace netlab::simulation {

// Sets up its machines on the simulation, runs them, and throws Violation (or anything else) if
// something does not hold.
using Scenario = std::function<void(Simulation&)>;

// Each is the body of a GoogleTest test. A failure is reduced, one fault after the other, to the
// smallest that still fails, and shown as a ladder with the nearest --impair of the real programs.

// Every way to lose some of the first 16 messages: 65 536 of them, less those that differ only in
// messages that are never sent.
void try_every_pattern(const Network::Protocol& protocol, const Scenario& scenario);

// 2000 fixed networks drawn from seeds, and a fresh one. SIM_SEED=N tries that seed alone,
// SIM_SECONDS=N goes on with fresh seeds for so long (tests/simulate.sh).
void try_swarm(const Network::Protocol& protocol, const Scenario& scenario);

// The same for faults that the caller has chosen.
void try_faults(const Network::Protocol& protocol, const Scenario& scenario, const Faults& faults);

}  // namespace netlab::simulation
