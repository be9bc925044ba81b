// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/cli.hpp"
#include "common/trace.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// What distinguishes the four programs.
struct ChatProgram {
    const char* name;
    std::uint16_t port;
    enum class Over { tcp, udp } over;
    Conversation::Role role;
};

struct ChatOptions {
    CommonOptions common{};
    std::string name{};           // empty: the default one, which is not told to the peer
    std::string transcript{};     // empty: none
    bool once = false;            // of a server
    ImpairmentSpec impairment{};  // over UDP
};

// Opens the socket of one of the programs; a server's says that it listens. What it returns may
// refer to both arguments.
using OpenTransport =
    std::function<std::unique_ptr<Transport>(const ChatOptions& options, const Tracer& tracer)>;

// The main() of all four: a loop until the dialogue is over (a client's, or with --once), the user
// wants no other one, or a signal comes. Returns the exit code. If anything fails (the disk is
// full, say), the peer still hears a goodbye.
int run_chat(const ChatProgram& program, int argc, char** argv, const OpenTransport& open);

}  // namespace netlab::problem5
