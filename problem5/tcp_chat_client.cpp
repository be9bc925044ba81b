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
#include "problem5/chat_program.hpp"
#include "problem5/tcp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr ChatProgram kProgram{"tcp_chat_client", 7501, ChatProgram::Over::tcp,
                               Conversation::Role::client};

// Ctrl+C ends the attempt to connect; later the chat loop looks out for it, and says goodbye.
std::unique_ptr<Transport> open_transport(const ChatOptions& options, const Tracer& tracer) {
    TcpStream stream = TcpStream::connect(options.common.host, options.common.port,
                                          TcpStream::kConnectTimeout, wait_or_interrupt);
    return std::make_unique<TcpTransport>(std::move(stream), options.name, tracer, Clock::now());
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    using namespace netlab::problem5;
    return run_chat(kProgram, argc, argv, open_transport);
}
