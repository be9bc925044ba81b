// SPDX-License-Identifier: MIT
//
// The chat over TCP, with nc (a hand-made peer) at either end, and on a bad line.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "common/error.hpp"
#include "common/line_reader.hpp"
#include "tests/problem5/chat_support.hpp"
#include "tests/support/files.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/tcp_proxy.hpp"

namespace netlab::problem5 {
namespace {

TEST(Problem5Tcp, EndsThoughItsScriptNeverDoes) {
    TcpListener server("127.0.0.1", 0);
    Argv argv{"sh", "-c", "exec \"$@\" </dev/zero", "sh"};
    const Argv of_client = client("tcp", server.local_address().port());
    argv.insert(argv.end(), of_client.begin(), of_client.end());
    Subprocess ann(argv);
    ASSERT_TRUE(wait_readable(server.descriptor().get(), deadline_in(kPatience)));
    server.accept().reset();  // which is a goodbye
    EXPECT_EQ(ann.wait().code, 0) << ann.err();
}

class Problem5TcpChat : public ::testing::Test {
  protected:
    Server bob = start_server("tcp");
};

TEST_F(Problem5TcpChat, NcIsAClient) {
    RawTcp nc(bob.port());
    nc.send("/dance\n/name \x1b[2J\nhello\n");
    bob.process().wait_for_err("client sent what is no message: /dance");
    bob.process().wait_for_out("client: hello\n");
    bob.process().write("hi nc\n");
    EXPECT_EQ(nc.read_line(), "hi nc");
    nc.send("/name Ann\r\nme again\r\n");
    bob.process().wait_for_out("Ann: me again\n");
    bob.process().write("/well\n");
    EXPECT_EQ(nc.read_line(), "//well");
    nc.send("//bye\n");
    bob.process().wait_for_out("Ann: /bye\n");
    nc.send("/bye\n");
    bob.process().wait_for_err("Ann has left");
    EXPECT_EQ(nc.read_to_end(), "");
}

// A client whose stdout is a pipe that is read when the test likes; the test is its server.
class Problem5TcpClient : public ::testing::Test {
  protected:
    void start(Argv options = {}) {
        options.insert(options.begin(), {program("problem5/tcp_chat_client"), "-p",
                                         std::to_string(listener.local_address().port())});
        ann.emplace(options, SpawnOptions{.input = Input::kPipe, .stdout_to = dir / "out"});
        stream.emplace(accept_one(listener));
        lines.emplace(*stream);
    }

    TempDir dir;
    FileDescriptor out = [this] {
        check(::mkfifo((dir / "out").c_str(), 0600), "mkfifo");
        return open_file(dir / "out", O_RDONLY | O_NONBLOCK);
    }();
    TcpListener listener{"127.0.0.1", 0};
    std::optional<Subprocess> ann;
    std::optional<TcpStream> stream;
    std::optional<LineReader> lines;
};

TEST_F(Problem5TcpClient, CtrlCEndsItThoughNobodyReadsWhatItPrints) {
    start();
    // The second reply is more than the pipe holds.
    ann->write("one\ntwo\n");
    for (int i = 0; i < 2; ++i) {
        while (lines->read_line().value().starts_with('/')) continue;
        stream->write_all(as_bytes(std::string(60'000, 'x') + "\n"), kNever);
    }
    wait_readable(out.get(), kNever);
    ann->send_signal(SIGINT);
    while (lines->read_line(give_up_after(kPatience))) continue;
    stream->shutdown_write();
    EXPECT_EQ(ann->wait().code, 130);
}

// With more than it keeps for a reader, 1 MiB and a full pipe, it waits for one. A Ctrl+C was once
// forgotten then, if the peer said nothing more.
TEST_F(Problem5TcpClient, CtrlCEndsItsWaitForAReader) {
    start();
    constexpr int kReplies = 19;
    std::string script;
    for (int i = 0; i <= kReplies; ++i) script += "next\n";
    ann->write(script);
    for (int i = 0; i < kReplies; ++i) {
        EXPECT_EQ(lines->read_line(), "next");
        stream->write_all(as_bytes(std::string(60'000, 'x') + "\n"), kNever);
    }
    EXPECT_EQ(lines->read_line(), "next");
    ann->send_signal(SIGINT);
    EXPECT_EQ(lines->read_line(give_up_after(kPatience)), "/bye");
    stream->shutdown_write();
    EXPECT_EQ(ann->wait().code, 130);
}

TEST_F(Problem5TcpClient, PrintsWhatWasSaidThoughItsTranscriptFails) {
    start({"--transcript", "/dev/full"});
    ann->write("hello\n");
    EXPECT_EQ(lines->read_line(), "hello");
    check(::fcntl(out.get(), F_SETPIPE_SZ, 4096), "fcntl");
    const std::string reply(60'000, 'x');
    stream->write_all(as_bytes(reply + "\n"), kNever);
    EXPECT_EQ(lines->read_line(), "/bye") << "it has failed";
    std::string printed;
    std::array<std::byte, 10'000> buffer;
    while (const auto got = read_some(out, buffer, give_up_after(kPatience), "out").value()) {
        printed += as_text(Bytes(buffer).first(got));
    }
    EXPECT_TRUE(same_bytes(printed, "server: " + reply + "\n"));
    EXPECT_EQ(ann->wait().code, 1);
}

TEST_F(Problem5TcpChat, AResetIsAFailureOfThatDialogueOnly) {
    Server once = start_server("tcp", {"--once"});
    for (Server* server : {&bob, &once}) {
        RawTcp nc(server->port());
        nc.send("hello\n");
        server->process().wait_for_out("client: hello\n");
        nc.reset();
        server->process().wait_for_err("client is lost: recv 127.0.0.1");
    }
    EXPECT_EQ(once.process().wait().code, 1);
    RawTcp next(bob.port());
    next.send("next\n");
    bob.process().wait_for_out("client: next\n");
}

TEST_F(Problem5TcpChat, ALineThatIsTooLongEndsThatDialogueOnly) {
    RawTcp nc(bob.port());
    nc.send(std::string(1'000'000, 'x'));
    EXPECT_EQ(nc.read_to_end(), "ERROR line too long\n");
    bob.process().wait_for_err("client is lost: line too long");
    RawTcp next(bob.port());
    next.send(std::string(65'536, 'y') + "\n");
    bob.process().wait_for_out("client: " + std::string(65'536, 'y') + "\n");
}

TEST_F(Problem5TcpChat, ALongLineArrivesAndALongerOneIsRefusedBeforeItIsSent) {
    const auto ann = start_client("tcp", bob.port());
    ann->write("/" + std::string(65'535, 'x') + "\n");
    ann->wait_for_err("not sent: a message has at most 65536 bytes");
    ann->write("/" + std::string(65'534, 'x') + "\n");
    bob.process().wait_for_out("client: /" + std::string(65'534, 'x') + "\n");
    // Of a line that is much longer, nothing passes for a message of its own.
    ann->write(std::string(200'000, 'z') + "\nand then\n");
    bob.process().write("yes\n");
    bob.process().wait_for_out("client: and then\n");
}

TEST_F(Problem5TcpChat, AFloodOfEarlyLinesIsTakenAsFastAsItIsAnswered) {
    RawTcp nc(bob.port());
    std::string flood;
    for (int i = 0; i < 20'000; ++i) flood += "line " + std::to_string(i) + "\n";
    nc.send(flood);
    std::string answers;
    for (int i = 0; i < 20'000; ++i) answers += "answer " + std::to_string(i) + "\n";
    bob.process().write(answers);
    EXPECT_EQ(nc.read_exact(answers.size()), answers);
    bob.process().wait_for_out("client: line 19999\n");
}

TEST_F(Problem5TcpChat, APeerThatIsKilledIsNoticedWithinASecondWhileSomebodyTypes) {
    const auto ann = start_client("tcp", bob.port());
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    bob.process().write("half a li");
    ann->send_signal(SIGKILL);
    bob.process().wait_for_err("client has left", seconds(1));

    const auto eve = start_client("tcp", bob.port());
    eve->write("hello again\nhalf a");
    bob.process().wait_for_out("client: hello again\n");
    bob.process().send_signal(SIGKILL);
    eve->wait_for_err("server has left", seconds(1));
    EXPECT_EQ(eve->wait().code, 0);
}

TEST_F(Problem5TcpChat, ACutLineIsAFailureForTheClient) {
    TcpProxy proxy(bob.port());
    const auto ann = start_client("tcp", proxy.port());
    ann->write("hello\n");
    bob.process().wait_for_out("client: hello\n");
    proxy.cut(Cut::kReset);
    EXPECT_EQ(ann->wait().code, 1);
    EXPECT_NE(ann->err().find("server is lost: recv 127.0.0.1"), std::string::npos) << ann->err();
}

TEST_F(Problem5TcpChat, StopsThoughNobodyAnswersItsGoodbye) {
    RawTcp nc(bob.port());
    nc.send("hello\n");
    bob.process().wait_for_out("client: hello\n");
    const TimePoint start = Clock::now();
    EXPECT_EQ(bob.stop().code, 0);
    EXPECT_LT(Clock::now() - start, seconds(2));
    EXPECT_EQ(nc.read_to_end(), "/bye\n");
}

TEST_F(Problem5TcpChat, SurvivesRunningOutOfDescriptors) {
    Subprocess poor(
        {"sh", "-c", "ulimit -n 14; exec \"$0\" -p 0", program("problem5/tcp_chat_server")},
        {.input = Input::kPipe});
    const Match listening = poor.wait_for_out(matching("^listening on 127.0.0.1:([0-9]+)$"));
    const auto port = static_cast<std::uint16_t>(std::stoi(listening.groups[1]));
    RawTcp first(port);
    first.send("hello\n");
    poor.wait_for_out("client: hello\n");

    std::vector<std::unique_ptr<RawTcp>> crowd;
    for (int i = 0; i < 30; ++i) crowd.push_back(std::make_unique<RawTcp>(port));
    poor.wait_for_err("Too many open files");
    for (const auto& one : crowd) {
        EXPECT_EQ(one->read_to_end(), "/busy\n");
        one->close();
    }
    poor.write("still here\n");
    EXPECT_EQ(first.read_line(), "still here");
}

}  // namespace
}  // namespace netlab::problem5
