// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "common/cli.hpp"
#include "problem5/conversation.hpp"

namespace netlab::problem5 {

// What tells the four programs from each other.
struct ChatProgram {
    const char* name;
    std::uint16_t port;
    enum class Over { tcp, udp } transport;
    Conversation::Role role;

    [[nodiscard]] bool server() const noexcept { return role.first == Dialogue::Turn::theirs; }
};

struct ChatOptions {
    CommonOptions common{};
    std::string name{};           // empty: the default one, which is not told to the peer
    std::string transcript{};     // empty: none
    bool once = false;            // of a server
    ImpairmentSpec impairment{};  // over UDP
};

ChatOptions parse_options(const ChatProgram& program, int argc, char** argv);

}  // namespace netlab::problem5
