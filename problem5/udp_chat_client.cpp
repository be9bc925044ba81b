// SPDX-License-Identifier: MIT
//
// Talks with one other person over UDP, strictly in turn: this side speaks first. Shows what it
// takes to talk over datagrams that get lost: numbers, acknowledgements, timers.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_server.cpp, its pair; datagram_peer.cpp, where the messages are made reliable.
#include <utility>

#include "problem5/chat_loop.hpp"

int main(int argc, char** argv) {
    using namespace netlab;
    using namespace netlab::problem5;
    const ChatProgram program{"udp_chat_client", 7502, ChatProgram::Over::udp,
                              Conversation::Role::client};
    return run_chat(program, argc, argv, [](const ChatOptions& options, const Tracer& tracer) {
        UdpSocket socket = UdpSocket::connect(options.common.host, options.common.port);
        return udp_transport(std::move(socket), options.name, options.impairment, tracer);
    });
}
