// SPDX-License-Identifier: MIT
//
// Talks with one other person over TCP, strictly in turn: this side speaks first. Shows how one
// thread waits for the keyboard and the network together (chat_loop.cpp), so that neither keeps the
// other waiting.
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_server.cpp, its pair; conversation.hpp, which knows whose turn it is.
#include <utility>

#include "common/signals.hpp"
#include "problem5/chat_loop.hpp"

int main(int argc, char** argv) {
    using namespace netlab;
    using namespace netlab::problem5;
    const ChatProgram program{"tcp_chat_client", 7501, ChatProgram::Over::tcp,
                              Conversation::Role::client};
    return run_chat(program, argc, argv, [](const ChatOptions& options, const Tracer& tracer) {
        // Ctrl+C ends the attempt to connect; later the chat loop looks out for it.
        TcpStream stream = TcpStream::connect(options.common.host, options.common.port,
                                              TcpStream::kConnectTimeout, wait_or_interrupt);
        return tcp_client(std::move(stream), options.name, tracer);
    });
}
