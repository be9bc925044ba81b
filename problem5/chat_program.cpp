// SPDX-License-Identifier: MIT
#include "problem5/chat_program.hpp"

#include <utility>

#include <fcntl.h>

#include "common/error.hpp"

namespace netlab::problem5 {

namespace {

ChatOptions parse(const ChatProgram& program, int argc, char** argv) {
    ChatOptions options{.common = {.port = program.port}};
    const bool server = program.role == Conversation::Role::server;
    const bool udp = program.over == ChatProgram::Over::udp;
    CommandLine line(
        program.name, "",
        std::string("Talks with one ") + (server ? "client after another" : "other person") +
            " over " + (udp ? "UDP" : "TCP") + ", in turn.",
        program.name + std::string(server ? " --name Bob" : " --name Ann"), options.common, server);
    line.custom("name", "NAME", "what you are called", [&options](std::string_view given) {
        if (!is_good_name(given)) {
            throw UsageError("a name has 1 to 32 characters, and neither colons nor control codes");
        }
        options.name = given;
    });
    line.text("transcript", "FILE", "append what both say to FILE", options.transcript);
    if (server) line.flag("once", "talk with one client, then exit with the outcome", options.once);
    if (udp) line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

// Nothing is replaced or cut short, and a FIFO that nobody reads is an error, and no wait.
FileDescriptor open_transcript(const std::string& path) {
    if (path.empty()) return {};
    return open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
}

}  // namespace

int run_chat(const ChatProgram& program, int argc, char** argv, const OpenTransport& open) {
    return run_program(program.name, [&] {
        const ChatOptions options = parse(program, argc, argv);
        const Tracer tracer(options.common.trace);
        FileDescriptor transcript = open_transcript(options.transcript);
        const std::unique_ptr<Transport> transport = open(options, tracer);
        return run_loop(program, options, std::move(transcript), *transport);
    });
}

}  // namespace netlab::problem5
