// SPDX-License-Identifier: MIT
#include "problem5/chat_options.hpp"

#include "common/terminal.hpp"
#include "problem5/packet.hpp"

namespace netlab::problem5 {

void add_options(CommandLine& line, ChatOptions& options) {
    line.custom("name", "NAME", "what you are called", [&options](std::string_view given) {
        if (!is_good_name(given)) {
            throw UsageError("a name has 1 to 32 characters, and neither colons nor control codes");
        }
        options.name = given;
    });
    line.text("transcript", "FILE", "append what both say to FILE", options.transcript);
}

bool is_good_name(std::string_view name) {
    constexpr std::size_t kLongest = 32;
    return !name.empty() && count_characters(name) <= kLongest &&
           name.find(':') == std::string_view::npos && escaped(name) == name;
}

}  // namespace netlab::problem5
