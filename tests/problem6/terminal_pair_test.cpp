// SPDX-License-Identifier: MIT
//
// Both programs on a terminal: what arrives never tears what is being typed, and the terminal is
// left as it was found.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/problem6/client_command.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem6 {
namespace {

using namespace netlab::testing;

const SpawnOptions kTerminal{.input = Input::kTerminal};
constexpr const char* kErased = "\r\x1b[J";

std::string client_command(std::uint16_t port) {
    return program("problem6/client") + " --name alice -p " + std::to_string(port);
}

TEST(Problem6Terminal, AnIncomingLineLeavesAHalfTypedOneWhole) {
    Server server("problem6/server", {"--room"});
    Subprocess alice(client(server.port(), {"--name", "alice"}), kTerminal);
    server.process().wait_for_err("alice joined");
    alice.write("half a li");
    alice.wait_for_out("> half a li");
    RawTcp bob(server.port());
    bob.send("/nick bob\nhello\n");
    alice.wait_for_out(std::string(kErased) + "<bob> hello\r\n> half a li");
    alice.write("ne\x7f\x7fst\r");
    while (bob.read_line() != "<alice> half a list") continue;
}

TEST(Problem6Terminal, ALongMessageIsNotTornByThePrompt) {
    Server server("problem6/server", {}, kTerminal);
    server.process().wait_for_out("(nobody waits)> ");
    RawTcp alice(server.port());
    const std::string text(20'000, 'x');
    alice.send(text + "\n");
    server.process().wait_for_out("[1 guest1] " + text + "\r\n");
}

TEST(Problem6Terminal, AnUnknownCommandIsAnErrorAtBothPrompts) {
    Server server("problem6/server", {}, kTerminal);
    Subprocess alice(client(server.port(), {"--name", "alice"}), kTerminal);
    alice.write("/help\r/dance\r//dance\r");
    alice.wait_for_out("client: server says: unknown command: /help: there are /nick NAME, /who");
    alice.wait_for_out("client: server says: unknown command: /dance: ");
    server.process().wait_for_out("[1 alice] /dance\r\n");
    server.process().write("/help\r/one\r//one\r");
    server.process().wait_for_out("there are /all TEXT, /list, /kick WHOM, /quit");
    server.process().wait_for_out("not a command: /one: //one sends it as a message");
    alice.wait_for_out("server: /one\r\n");
}

TEST(Problem6Terminal, ThePromptSaysWhoseTurnItIs) {
    Server server("problem6/server", {}, {.input = Input::kPipe});
    Subprocess alice(client(server.port(), {"--name", "alice"}), kTerminal);
    alice.wait_for_out("> ");
    alice.write("hello\r");
    server.process().wait_for_out("[1 alice] hello\n");
    server.process().write("hi\n");
    const Match reply = alice.wait_for_out("server: hi\r\n");
    alice.wait_for_out("your turn> ", kPatience, reply.end);
    alice.write("and you?\r");
    alice.wait_for_out("(server's turn)> ", kPatience, reply.end);
    server.process().wait_for_out("[1 alice] and you?\n");
    alice.close_stdin();
    EXPECT_EQ(alice.wait().code, 0);
    server.process().wait_for_err("* 1 alice left\n");
}

TEST(Problem6Terminal, TheOperatorsPromptNamesWhomTheNextLineAnswers) {
    Server server("problem6/server", {}, kTerminal);
    server.process().wait_for_out("(nobody waits)> ");
    RawTcp alice(server.port());
    alice.send("/nick alice\nhello\n");
    server.process().wait_for_out("[1 alice] hello\r\n");
    server.process().wait_for_out("to 1 alice> ");
    server.process().write("half");
    RawTcp bob(server.port());
    bob.send("/nick bob\nhello too\n");
    server.process().wait_for_out("to 1 alice (1 more waits)> half");
    server.process().write(" a reply\r@alice nothing yet\r@carol who\r");
    EXPECT_EQ(alice.read_line(), "half a reply");
    server.process().wait_for_out("not yet: the line waits");
    server.process().wait_for_out("nobody is called carol: not sent: @carol who");
    server.process().write("to bob\r");
    EXPECT_EQ(bob.read_line(), "to bob");
    alice.send("more\n");
    EXPECT_EQ(alice.read_line(), "nothing yet");
}

TEST(Problem6Terminal, AfterCtrlDTheOperatorHasNoPromptAndTheChatGoesOn) {
    Server server("problem6/server", {}, kTerminal);
    const Match prompt = server.process().wait_for_out("(nobody waits)> ");
    server.process().write("\x04");
    const Match gone = server.process().wait_for_out(kErased, kPatience, prompt.end);
    RawTcp alice(server.port());
    alice.send("hello\n");
    server.process().wait_for_out("[1 guest1] hello\r\n", kPatience, gone.end);
    alice.close();
    server.process().wait_for_out("* 1 guest1 left", kPatience, gone.end);
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_EQ(server.process().out().find("> ", gone.end), std::string::npos);
}

TEST(Problem6Terminal, IsLeftAsItWasFoundWhateverEndsTheClient) {
    Server server("problem6/server", {"--room"});
    for (const std::string keys : {"\x04", "\x03", "/quit\r"}) {
        Subprocess shell({"sh", "-c", client_command(server.port()) + "; echo code $?; stty -a"},
                         kTerminal);
        shell.wait_for_out("> ");
        // The shell gets Ctrl+C as well, and would end: it is told not to.
        if (keys == "\x03") {
            Subprocess careful(
                {"sh", "-c",
                 "trap : INT; " + client_command(server.port()) + "; echo code $?; stty -a"},
                kTerminal);
            careful.wait_for_out("> ");
            careful.write(keys);
            careful.wait_for_out("code 130");
            careful.wait_for_out(matching(R"([^-]icanon)"));
            careful.wait_for_out(matching(R"([^-]echo )"));
            continue;
        }
        shell.write(keys);
        shell.wait_for_out("code 0");
        shell.wait_for_out(matching(R"([^-]icanon)"));
        shell.wait_for_out(matching(R"([^-]echo )"));
    }
}

TEST(Problem6Terminal, CtrlZGivesTheTerminalBackAndFgTakesItAgain) {
    Server server("problem6/server", {"--room"});
    Subprocess shell(
        {"sh", "-c", "set -m; " + client_command(server.port()) + "; stty -a; fg; echo code $?"},
        kTerminal);
    shell.wait_for_out("> ");
    shell.write("half");
    shell.wait_for_out("> half");
    shell.write("\x1a");
    const Match found = shell.wait_for_out(matching(R"([^-]icanon)"));
    // `fg` follows at once: raw again, and what was typed is still there.
    const Match again = shell.wait_for_out("> half", kPatience, found.end);
    shell.write("-way\r");
    shell.wait_for_out("> half-way\r\n", kPatience, again.end);
    shell.write("\x04");
    shell.wait_for_out("code 0");
}

}  // namespace
}  // namespace netlab::problem6
