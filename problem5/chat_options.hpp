// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "common/cli.hpp"

namespace netlab::problem5 {

// What all four chat programs take.
struct ChatOptions {
    CommonOptions common;
    std::string name{};        // empty: the default one, which is not told to the peer
    std::string transcript{};  // empty: none
};

void add_options(CommandLine& line, ChatOptions& options);

// 1..32 characters of UTF-8, none of them a control character, and no colon, which ends a name on
// the screen.
bool is_good_name(std::string_view name);

}  // namespace netlab::problem5
