// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/atomic_file.hpp"
#include "common/cli.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// What both servers of this problem are told about the files that they receive.
struct ReceiveOptions {
    std::string directory = "received";
    std::uint64_t max_size = std::uint64_t{64} << 30;
    bool no_overwrite = false;
};

// Adds --dir, --max-size and --no-overwrite.
void add_options(CommandLine& line, ReceiveOptions& options);

// Opens NAME.part for a file that is announced. Throws std::runtime_error with the reason where it
// is refused: its name, its size, or that it exists already.
AtomicFile open_announced(const StartInfo& info, const ReceiveOptions& options,
                          AtomicFile::Start start);

}  // namespace netlab::problem1
