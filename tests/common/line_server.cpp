// SPDX-License-Identifier: MIT
// A program around ThreadServer, for thread_server_test: a process of its own, since a signal ends
// it, and since it may run out of descriptors or threads. It greets each client with "client N
// thread M" and answers the lines that it sends:
//
//     echo TEXT     TEXT
//     throw         an exception
//     flood         bytes without end
//     quit, fail    the session ends, and went well, or not

#include <sys/resource.h>

#include <stdexcept>

#include "common/cli.hpp"
#include "common/line_reader.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/thread_server.hpp"

namespace netlab {
namespace {

void say(TcpStream& stream, const std::string& text) {
    stream.write_all(as_bytes(text), deadline_in(seconds(60)));
}

bool serve(TcpStream& stream, const ThreadServer::Client& client) {
    say(stream, "client " + std::to_string(client.number) + " thread " +
                    std::to_string(client.thread) + "\n");
    LineReader reader(stream);
    while (const auto line = reader.read_line()) {
        if (line->starts_with("echo ")) say(stream, std::string(line->substr(5)) + "\n");
        if (line == "throw") throw std::runtime_error("trouble in the handler");
        while (line == "flood") say(stream, std::string(100'000, 'x'));
        if (line == "quit") return true;
        if (line == "fail") return false;
    }
    return true;
}

int serve_all(int argc, char** argv) {
    CommonOptions common;
    ThreadServer::Options options;
    options.program = "line_server";
    std::uint64_t max_clients = options.max_clients;
    std::uint64_t stack_size = options.stack_size;
    std::uint32_t descriptors = 0;
    CommandLine line("line_server", "", "Answers lines.", "line_server -p 0", common, true);
    line.flag("once", "serve one client", options.once);
    line.flag("iterative", "serve one after the other", options.iterative);
    line.number<std::uint64_t>("max-clients", "N", "at most", max_clients, 0, UINT64_MAX);
    line.size("stack-size", "of each thread", stack_size);
    line.number<std::uint32_t>("descriptors", "N", "at most, 0: no limit", descriptors, 0, 1000);
    line.parse(argc, argv);
    options.max_clients = max_clients;
    options.stack_size = stack_size;
    options.on_stop = [] { print_out("stopping\n"); };

    if (descriptors > 0) {
        const rlimit limit{descriptors, descriptors};
        check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    }
    TcpListener listener(common.host, common.port);
    ThreadServer server(std::move(listener), std::move(options), serve);
    return server.run();
}

}  // namespace
}  // namespace netlab

int main(int argc, char** argv) {
    return netlab::run_program("line_server", [&] { return netlab::serve_all(argc, argv); });
}
