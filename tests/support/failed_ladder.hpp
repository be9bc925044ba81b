// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/spawn.hpp"

namespace netlab::testing {

// With NETLAB_LADDER in the environment, a test that fails shows what its programs said to each
// other (trace_view). This gives a program of this suite what it takes for that, and leaves others
// as they are. Not without being asked: a few tests count descriptors, or system calls.
Argv with_trace(Argv argv);

}  // namespace netlab::testing
