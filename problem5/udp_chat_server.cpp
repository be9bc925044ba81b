// SPDX-License-Identifier: MIT
//
// Talks with one client after another over UDP, strictly in turn: the client speaks first. All
// datagrams come through one socket; only their sender tells the client from a stranger.
//
//     udp_chat_server                    then, in a second terminal:   udp_chat_client
//
// See also: udp_chat_client.cpp, its pair; reception.cpp, which deals with strangers.
#include "problem5/chat_loop.hpp"
#include "problem5/udp_transport.hpp"

namespace netlab::problem5 {
namespace {

constexpr const char* kProgram = "udp_chat_server";

struct Options : ChatOptions {
    ImpairmentSpec impairment{};
    bool once = false;
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7502}}};
    CommandLine line(kProgram, "", "Talks with one client after another over UDP, in turn.",
                     "udp_chat_server --name Bob", options.common, true);
    add_options(line, options);
    line.flag("once", "talk with one client, then exit with the outcome", options.once);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);
    UdpSocket socket = UdpSocket::bind(options.common.host, options.common.port);
    print_out("listening on " + socket.local_address().to_string() + "\n");

    Chat chat(kProgram, options, std::move(transcript),
              {"server", "client", Dialogue::Turn::theirs, datagram_problem});
    UdpServer clients(std::move(socket), options.name, options.impairment, tracer, chat.notice(),
                      chat.error());
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
