// SPDX-License-Identifier: MIT
//
// A chat between one operator, at this keyboard, and many clients: in dialogues (each client has
// its own, strictly in turns) or, with --room, all in one room. Shows a thread for each client, a
// queue of outgoing lines for each, and one mutex around what they share.
//
//     server          then, in other terminals:   client --name alice      client --name bob
//
// See also: client.cpp, its pair; session.cpp, one client's thread; chat.cpp, where they meet.
#include <memory>
#include <string>
#include <utility>

#include "common/cli.hpp"
#include "common/console.hpp"
#include "common/thread_server.hpp"
#include "problem6/dialogues.hpp"
#include "problem6/operator.hpp"
#include "problem6/room.hpp"
#include "problem6/session.hpp"

namespace netlab::problem6 {
namespace {

constexpr const char* kProgram = "server";
constexpr Duration kTimeToSayGoodbye = milliseconds(1000);

struct Options {
    CommonOptions common{.port = 7601};
    ChatOptions chat;
    std::string transcript;  // a path, or ""
    ServerOptions server{.max_clients = 1000, .idle_timeout = {}};
};

Options parse(int argc, char** argv) {
    Options options;
    CommandLine line(kProgram, "", "Chats with many clients: in dialogues, or in a room.",
                     "server --room", options.common, true);
    line.flag("room", "one room for all, without turns", options.chat.room);
    line.server(options.server);
    line.text("transcript", "FILE", "append all that is said to a file", options.transcript);
    line.custom("auto-reply", "TEXT", "answer each message by itself; %s is the message",
                [&](std::string_view text) {
                    if (text.empty()) throw UsageError("an empty reply cannot be sent");
                    if (text.size() > 1024) throw UsageError("longer than 1024 bytes");
                    options.chat.auto_reply = text;
                });
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    if (options.chat.room && options.chat.auto_reply) line.fail("--auto-reply is not for a --room");
    options.chat.quiet = options.common.quiet;
    options.chat.transcript = !options.transcript.empty();
    return options;
}

std::unique_ptr<Chat> open_chat(const ChatOptions& options, const Tracer& tracer) {
    if (options.room) return std::make_unique<Room>(options, tracer);
    return std::make_unique<Dialogues>(options, tracer);
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Tracer tracer(options.common.trace);
    TcpListener listener(options.common.host, options.common.port);
    // Made first and destroyed last: all threads print through it.
    Console console;
    const auto chat = open_chat(options.chat, tracer);
    Operator keyboard(*chat, console, options.transcript);
    ThreadServer server(
        std::move(listener),
        {.program = kProgram,
         .max_clients = options.server.max_clients,
         .once = options.server.once,
         .on_start = [&keyboard] { keyboard.begin(); },
         .on_stop = [&chat] { chat->close_all(Clock::now()); },
         .time_to_leave = kTimeToSayGoodbye},
        [&chat](TcpStream& stream, const ThreadServer::Client&) { return serve(stream, *chat); });
    const int outcome = server.run();
    keyboard.stop();
    return keyboard.failed() ? 1 : outcome;
}

}  // namespace
}  // namespace netlab::problem6

int main(int argc, char** argv) {
    return netlab::run_program(netlab::problem6::kProgram,
                               [&] { return netlab::problem6::run(argc, argv); });
}
