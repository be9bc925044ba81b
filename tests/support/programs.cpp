// SPDX-License-Identifier: MIT
#include "tests/support/programs.hpp"

#include <signal.h>
#include <stdlib.h>

#include <stdexcept>

namespace netlab::testing {

namespace {

Argv server_argv(const std::string& name, const Argv& args) {
    Argv argv{program(name), "-p", "0"};
    argv.insert(argv.end(), args.begin(), args.end());
    return argv;
}

}  // namespace

std::string program(const std::string& name) {
    const char* chosen = ::getenv("SUITE_BIN_DIR");
    const std::string folder =
        chosen != nullptr && *chosen != '\0' ? chosen : NETLAB_DEFAULT_BIN_DIR;
    return folder + "/" + name;
}

Server::Server(const std::string& name, const Argv& args, const SpawnOptions& options)
    : process_(server_argv(name, args), options) {
    process_.wait_for_out("\n");
    const std::string printed = process_.out();
    const std::string line = printed.substr(0, printed.find_first_of("\r\n"));

    const auto parts = matching(R"(^listening on (\[.*\]|[^:]+):([0-9]{1,5})$)").find(line);
    if (!parts) {
        throw std::runtime_error(name +
                                 ": the first line is not \"listening on HOST:PORT\": " + line);
    }
    host_ = parts->groups[1];
    if (host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
    port_ = static_cast<std::uint16_t>(std::stoul(parts->groups[2]));
}

ExitStatus Server::stop(Duration timeout) {
    process_.send_signal(SIGTERM);
    return process_.wait(timeout);
}

}  // namespace netlab::testing
