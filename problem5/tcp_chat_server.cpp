// SPDX-License-Identifier: MIT
//
// Talks with one client after another over TCP, strictly in turn: the client speaks first. Whoever
// comes while there is one is told that the server is busy. Shows how one thread serves keyboard,
// listener and connection together (chat_loop.cpp).
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_client.cpp, its pair; dialogue.cpp, which knows whose turn it is.
#include "common/screen.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/chat_loop.hpp"
#include "problem5/tcp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr ChatProgram kProgram{"tcp_chat_server",
                               7501,
                               ChatProgram::Over::tcp,
                               {"server", "client", Dialogue::Turn::theirs, validate_line}};

int run(int argc, char** argv) {
    const ChatOptions options = parse_options(kProgram, argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);

    TcpListener listener(options.common.host, options.common.port);
    print_out("listening on " + listener.local_address().to_string() + "\n");
    TcpTransport clients(std::move(listener), options.name, tracer);
    return ChatLoop(kProgram, options, std::move(transcript), clients).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram.name,
                               [&] { return netlab::problem5::run(argc, argv); });
}
