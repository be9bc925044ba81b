// SPDX-License-Identifier: MIT
#pragma once

#include <sys/ioctl.h>
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "common/file_descriptor.hpp"

namespace netlab::testing {

using Argv = std::vector<std::string>;

// What a child finds as its standard input.
enum class Input {
    kNull,      // /dev/null
    kClosed,    // no descriptor 0 at all
    kPipe,      // what the test writes
    kTerminal,  // a new pseudo-terminal: its controlling one, and stdout and stderr as well; Ctrl+C
                // does not discard what was typed or printed before (NOFLSH)
};

struct SpawnOptions {
    Input input = Input::kNull;
    std::string cwd{};                         // default: the test's own
    std::map<std::string, std::string> env{};  // added to the test's own environment
    std::string stdout_to{};                   // a path such as /dev/full, instead of collecting it
    unsigned short rows = 24, columns = 80;    // of the terminal
};

// A child and our ends of what it reads and writes; all non-blocking, and invalid if there is
// none (of a terminal, `in` and `out` are both its master side).
struct Spawned {
    pid_t pid = -1;
    FileDescriptor in;
    FileDescriptor out;
    FileDescriptor err;
};

// Starts argv[0] (searched in PATH if it has no slash; relative to `cwd` if it has a relative
// one) with default signal handlers, an empty signal mask and no descriptors of ours beyond 0,
// 1, 2. Throws SystemError, also if there is no such program. Thread-safe.
Spawned spawn(const Argv& argv, const SpawnOptions& options);

}  // namespace netlab::testing
