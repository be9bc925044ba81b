// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::problem5 {

using namespace netlab::testing;

// "problem5/tcp_chat_server" and its like.
inline Server start_server(const std::string& transport, const Argv& args = {},
                           Input input = Input::kPipe) {
    return Server("problem5/" + transport + "_chat_server", args, {.input = input});
}

inline Argv client(const std::string& transport, std::uint16_t port, const Argv& args = {}) {
    Argv argv{program("problem5/" + transport + "_chat_client"), "-p", std::to_string(port)};
    argv.insert(argv.end(), args.begin(), args.end());
    return argv;
}

inline std::unique_ptr<Subprocess> start_client(const std::string& transport, std::uint16_t port,
                                                const Argv& args = {}, Input input = Input::kPipe) {
    return std::make_unique<Subprocess>(client(transport, port, args),
                                        SpawnOptions{.input = input});
}

// What the process has printed on stdout but for the server's first line.
inline std::string messages(const Subprocess& process) {
    const std::string out = process.out();
    return out.starts_with("listening on ") ? out.substr(out.find('\n') + 1) : out;
}

// Thirty numbered lines, and what they look like on the other one's screen.
inline std::string script(const std::string& who, const std::string& prefix = "") {
    std::string lines;
    for (int i = 1; i <= 30; ++i) {
        lines += prefix + who + " says line " + std::to_string(i) + "\n";
    }
    return lines;
}

// The transcript of a dialogue of thirty lines each.
inline std::string dialogue() {
    std::string lines;
    for (int i = 1; i <= 30; ++i) {
        for (const char* who : {"client", "server"}) {
            lines += std::string(who) + ": " + who + " says line " + std::to_string(i) + "\n";
        }
    }
    return lines;
}

}  // namespace netlab::problem5
