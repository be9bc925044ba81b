// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace netlab::problem3 {

// The answer to a request: appends the exact result ("42", or "3.5" for a division that leaves a
// remainder), or "ERROR <reason>" and returns false. Without a newline. Pure: no socket, no clock;
// allocates nothing but room in `out`, throws for nothing that a peer sent. Thread-safe.
bool append_answer(std::string_view line, std::string& out);

}  // namespace netlab::problem3
