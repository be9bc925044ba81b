// SPDX-License-Identifier: MIT
//
// Talks with one client after another over UDP, strictly in turn: the client speaks first. All
// datagrams come through one socket; only their sender tells the client from a stranger.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_client.cpp, its pair; reception.cpp, which deals with strangers.
#include "common/screen.hpp"
#include "problem5/chat_loop.hpp"
#include "problem5/udp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr ChatProgram kProgram{"udp_chat_server",
                               7502,
                               ChatProgram::Over::udp,
                               {"server", "client", Dialogue::Turn::theirs, validate_text}};

int run(int argc, char** argv) {
    const ChatOptions options = parse_options(kProgram, argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);

    UdpSocket socket = UdpSocket::bind(options.common.host, options.common.port);
    print_out("listening on " + socket.local_address().to_string() + "\n");
    UdpTransport clients(std::move(socket), options.name, options.impairment, tracer);
    return ChatLoop(kProgram, options, std::move(transcript), clients).run();
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram.name,
                               [&] { return netlab::problem5::run(argc, argv); });
}
