// SPDX-License-Identifier: MIT
//
// Talks with one client after another over UDP, strictly in turn: the client speaks first. All
// datagrams come through one socket; only their sender tells the client from a stranger.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_client.cpp, its pair; udp_acceptor.hpp, which deals with strangers.
#include <utility>

#include "common/screen.hpp"
#include "problem5/chat_loop.hpp"

int main(int argc, char** argv) {
    using namespace netlab;
    using namespace netlab::problem5;
    const ChatProgram program{"udp_chat_server", 7502, ChatProgram::Over::udp,
                              Conversation::Role::server};
    return run_chat(program, argc, argv, [](const ChatOptions& options, const Tracer& tracer) {
        UdpSocket socket = UdpSocket::bind(options.common.host, options.common.port);
        print_out("listening on " + socket.local_address().to_string() + "\n");
        return udp_transport(std::move(socket), options.name, options.impairment, tracer);
    });
}
