// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <vector>

#include "common/time.hpp"
#include "common/wakeup.hpp"

namespace netlab::testing {

using netlab::Wakeup;

// poll(2) on any number of descriptors until one has events or the deadline passes. Throws
// SystemError.
void poll_until(std::vector<pollfd>& watched, TimePoint deadline);

}  // namespace netlab::testing
