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

constexpr const char* kProgram = "tcp_chat_client";

ChatOptions parse(int argc, char** argv) {
    ChatOptions options{.common = {.port = 7501}};
    CommandLine line(kProgram, "", "Talks with one other person over TCP, in turn.",
                     "tcp_chat_client --name Ann", options.common, false);
    add_options(line, options);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

TcpStream connect(const CommonOptions& options) {
    throw_on_interrupt(true);  // until there is somebody to take leave of
    TcpStream stream = TcpStream::connect(options.host, options.port);
    throw_on_interrupt(false);
    return stream;
}

int run(int argc, char** argv) {
    const ChatOptions options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);
    TcpStream stream = connect(options.common);
    Chat chat(kProgram, options, std::move(transcript),
              {"client", "server", Dialogue::Turn::ours, line_problem});
    TcpClient server(std::move(stream), options.name, tracer, Clock::now());
    ChatLoop loop(chat, server, Dialogues::one);
    loop.run();
    return loop.interrupted() ? 130 : loop.ended_well() ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram,
                               [&] { return netlab::problem5::run(argc, argv); });
}
