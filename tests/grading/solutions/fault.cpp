// SPDX-License-Identifier: MIT
#include "fault.hpp"

// The build says it: -DFAULT=never_resends.
const Fault kFault = Fault::FAULT;
