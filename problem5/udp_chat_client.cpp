// SPDX-License-Identifier: MIT
//
// Talks with one other person over UDP, strictly in turn: this side speaks first. Shows what it
// takes to talk over datagrams that get lost: numbers, acknowledgements, timers.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_server.cpp, its pair; datagram_peer.cpp, where the messages are made reliable.
#include "problem5/chat_loop.hpp"
#include "problem5/udp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr ChatProgram kProgram{"udp_chat_client",
                               7502,
                               ChatProgram::Over::udp,
                               {"client", "server", Dialogue::Turn::ours, validate_text}};

int run(int argc, char** argv) {
    const ChatOptions options = parse_options(kProgram, argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);

    UdpTransport server(UdpSocket::connect(options.common.host, options.common.port), options.name,
                        options.impairment, tracer);
    return ChatLoop(kProgram, options, std::move(transcript), server).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram.name,
                               [&] { return netlab::problem5::run(argc, argv); });
}
