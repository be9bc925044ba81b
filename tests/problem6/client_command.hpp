// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/programs.hpp"

namespace netlab::problem6 {

inline testing::Argv client(std::uint16_t port, const testing::Argv& args = {}) {
    testing::Argv argv{testing::program("problem6/client"), "-p", std::to_string(port)};
    argv.insert(argv.end(), args.begin(), args.end());
    return argv;
}

}  // namespace netlab::problem6
