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

constexpr const char* kProgram = "udp_chat_client";

struct Options : ChatOptions {
    ImpairmentSpec impairment{};
};

Options parse(int argc, char** argv) {
    Options options{{.common = {.port = 7502}}};
    CommandLine line(kProgram, "", "Talks with one other person over UDP, in turn.",
                     "udp_chat_client --name Ann", options.common, false);
    add_options(line, options);
    line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    FileDescriptor transcript = open_transcript(options);
    UdpSocket socket = UdpSocket::connect(options.common.host, options.common.port);
    Chat chat(kProgram, options, std::move(transcript),
              {"client", "server", Dialogue::Turn::ours, datagram_problem});
    UdpClient server(std::move(socket), options.name, options.impairment, tracer);
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
