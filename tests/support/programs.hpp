// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/subprocess.hpp"

namespace netlab::testing {

// The path of one of the suite's programs, such as "problem1/tcp_server": below $SUITE_BIN_DIR (a
// student's build, say), or else below this build.
std::string program(const std::string& name);

// A server on a free port: starts `name -p 0 args...` and waits for its first line on stdout,
// "listening on HOST:PORT". Throws std::runtime_error that tells what it printed instead.
class Server {
  public:
    explicit Server(const std::string& name, const Argv& args = {},
                    const SpawnOptions& options = {});

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::string& host() const noexcept { return host_; }  // without brackets
    [[nodiscard]] Subprocess& process() noexcept { return process_; }

    // SIGTERM, then waits for the end. Throws TimeoutError.
    ExitStatus stop(Duration timeout = kPatience);

  private:
    Subprocess process_;
    std::string host_;
    std::uint16_t port_ = 0;
};

}  // namespace netlab::testing
