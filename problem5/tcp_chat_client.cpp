// SPDX-License-Identifier: MIT
//
// Talks with one other person over TCP, strictly in turn: this side speaks first. Shows how one
// thread waits for the keyboard and the network together, so that neither keeps the other waiting.
//
//     tcp_chat_server                    then, in a second terminal:   tcp_chat_client
//
// See also: tcp_chat_server.cpp, its pair; dialogue.cpp, which knows whose turn it is.
#include <utility>

#include "common/signals.hpp"
#include "problem5/chat.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/tcp_connection.hpp"

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
    TcpConnection connection(connect(options.common), options.name, tracer);
    Chat chat(options, {kProgram, "client", "server", Dialogue::Turn::ours, line_problem});

    chat.begin("connected to " + connection.stream().peer_name() + ": you speak first");
    bool interrupted = false;
    while (true) {
        const TimePoint now = Clock::now();
        chat.read_keyboard();
        if (interrupted) chat.leave(connection.peer(), now);
        do {
            chat.converse(connection.peer(), now);
        } while (connection.send());
        if (chat.open() && connection.receive_soon()) continue;
        chat.show();
        if (!chat.open()) break;

        const auto [keyboard, job_control] = chat.keyboard();
        std::array<pollfd, 4> watched{
            {keyboard, job_control, connection.watched(), {signal_descriptor(), POLLIN, 0}}};
        static_cast<void>(wait_for_events(watched, connection.deadline()));
        connection.receive(watched[2].revents, Clock::now());
        interrupted = watched[3].revents != 0;
    }
    connection.close();
    chat.report_unsent();
    chat.show();
    return interrupted ? 130 : chat.ended_well() ? 0 : 1;
}

}  // namespace
}  // namespace netlab::problem5

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem5::kProgram,
                               [&] { return netlab::problem5::run(argc, argv); });
}
