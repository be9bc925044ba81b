// SPDX-License-Identifier: MIT
//
// Talks with one other person over TCP, strictly in turn: this side speaks first. Shows how one
// thread waits for the keyboard and the network together (chat_loop.cpp), so that neither keeps the
// other waiting.
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_server.cpp, its pair; dialogue.cpp, which knows whose turn it is.
#include "common/signals.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/chat_loop.hpp"
#include "problem5/tcp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr ChatProgram kProgram{"tcp_chat_client",
                               7501,
                               ChatProgram::Over::tcp,
                               {"client", "server", Dialogue::Turn::ours, validate_line}};

int run(int argc, char** argv) {
    const ChatOptions options = parse_options(kProgram, argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);

    // From then on the loop looks out for Ctrl+C: there is somebody to take leave of.
    TcpTransport server(TcpStream::connect(options.common.host, options.common.port,
                                           TcpStream::kConnectTimeout, wait_or_interrupt),
                        options.name, tracer, Clock::now());
    return ChatLoop(kProgram, options, std::move(transcript), server).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram.name,
                               [&] { return netlab::problem5::run(argc, argv); });
}
