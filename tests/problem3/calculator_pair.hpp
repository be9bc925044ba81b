// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {

inline const SpawnOptions kPiped{.input = Input::kPipe};

inline Argv client_of(std::uint16_t port, const Argv& args = {}) {
    Argv argv{program("problem3/client"), "-p", std::to_string(port)};
    argv.insert(argv.end(), args.begin(), args.end());
    return argv;
}

// A server, and what its clients say.
struct Calculator {
    explicit Calculator(const Argv& args = {}) : server("problem3/server", args) {}

    Finished once(const Argv& args) { return run(client_of(server.port(), args)); }
    Finished pipe(std::string_view input, const Argv& args = {}) {
        return run(client_of(server.port(), args), kPiped, input);
    }
    // What a peer that closes its side after `bytes` is sent back.
    std::string raw(std::string_view bytes) {
        RawTcp peer(server.port());
        peer.send(bytes);
        peer.half_close();
        return peer.read_to_end();
    }

    Server server;
};

}  // namespace netlab::testing
