// SPDX-License-Identifier: MIT
//
// Talks with one client after another over TCP, strictly in turn: the client speaks first. Whoever
// comes while there is one is told that the server is busy. Shows how one thread serves keyboard,
// listener and connection together (chat_loop.cpp).
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_client.cpp, its pair; dialogue.cpp, which knows whose turn it is.
#include "problem5/chat_line.hpp"
#include "problem5/chat_loop.hpp"
#include "problem5/tcp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr const char* kProgram = "tcp_chat_server";

struct Options : ChatOptions {
    bool once = false;
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7501}}};
    CommandLine line(kProgram, "", "Talks with one client after another over TCP, in turn.",
                     "tcp_chat_server --name Bob", options.common, true);
    add_options(line, options);
    line.flag("once", "talk with one client, then exit with the outcome", options.once);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);
    TcpListener listener(options.common.host, options.common.port);
    print_out("listening on " + listener.local_address().to_string() + "\n");

    Chat chat(kProgram, options, std::move(transcript),
              {"server", "client", Dialogue::Turn::theirs, line_problem});
    TcpServer clients(std::move(listener), options.name, tracer, chat.notice(), chat.error());
    ChatLoop loop(chat, clients, options.once ? Dialogues::one : Dialogues::many);
    loop.run();
    return options.once && !loop.ended_well() ? 1 : 0;
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram,
                               [&] { return netlab::problem5::run(argc, argv); });
}
