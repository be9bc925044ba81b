// SPDX-License-Identifier: MIT
//
// Talks with one client after another over TCP, strictly in turn: the client speaks first. Whoever
// comes while there is one is told that the server is busy. Shows how one thread serves keyboard,
// listener and connection together (chat_loop.cpp).
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_client.cpp, its pair; conversation.hpp, which knows whose turn it is.
#include <utility>

#include "common/screen.hpp"
#include "problem5/chat_loop.hpp"

int main(int argc, char** argv) {
    using namespace netlab;
    using namespace netlab::problem5;
    const ChatProgram program{"tcp_chat_server", 7501, ChatProgram::Over::tcp,
                              Conversation::Role::server};
    return run_chat(program, argc, argv, [](const ChatOptions& options, const Tracer& tracer) {
        TcpListener listener(options.common.host, options.common.port);
        print_out("listening on " + listener.local_address().to_string() + "\n");
        return tcp_server(std::move(listener), options.name, tracer);
    });
}
