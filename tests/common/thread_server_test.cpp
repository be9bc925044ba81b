// SPDX-License-Identifier: MIT
#include "common/thread_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <list>
#include <set>
#include <string>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/subprocess.hpp"

namespace netlab::testing {
namespace {

// line_server.cpp in a process of its own.
class LineServer {
  public:
    explicit LineServer(Argv options = {}) : process_(command(std::move(options))) {
        const Match match = process_.wait_for_out(matching("^listening on 127.0.0.1:([0-9]+)\n"));
        port_ = static_cast<std::uint16_t>(std::stoi(match.groups.at(1)));
    }
    Subprocess* operator->() { return &process_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    // Counted by the kernel.
    [[nodiscard]] std::ptrdiff_t threads() const {
        const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(process_.pid()) +
                                                        "/task");
        return std::distance(begin(tasks), end(tasks));
    }
    void wait_for_threads(std::ptrdiff_t most) const {
        const TimePoint deadline = give_up_after(kPatience);
        while (threads() > most && Clock::now() < deadline) ::poll(nullptr, 0, 5);
        EXPECT_LE(threads(), most);
    }
    ExitStatus stop() {
        process_.send_signal(SIGTERM);
        return process_.wait();
    }

  private:
    static Argv command(Argv options) {
        options.insert(options.begin(), {LINE_SERVER, "-p", "0"});
        return options;
    }
    Subprocess process_;
    std::uint16_t port_ = 0;
};

// A client that has been greeted, or refused.
struct Caller {
    explicit Caller(const LineServer& server) : socket(server.port()), first(socket.read_line()) {}

    [[nodiscard]] bool served() const { return first.starts_with("client "); }
    [[nodiscard]] std::string thread() const { return first.substr(first.find("thread")); }
    std::string ask(const std::string& text) {
        socket.send("echo " + text + "\n");
        return socket.read_line();
    }
    std::string leave(const std::string& word = "quit") {
        socket.send(word + "\n");
        return socket.read_to_end();
    }

    RawTcp socket;
    std::string first;
};

TEST(ThreadServer, ServesManyClientsAtOnceEachInAThreadOfItsOwn) {
    LineServer server;
    std::list<Caller> callers;
    std::set<std::string> greetings;
    std::set<std::string> threads;
    for (int i = 0; i < 50; ++i) {
        callers.emplace_back(server);
        greetings.insert(callers.back().first);
        threads.insert(callers.back().thread());
    }
    EXPECT_EQ(greetings.size(), 50u);
    EXPECT_EQ(threads.size(), 50u);
    for (int round = 0; round < 3; ++round) {
        for (Caller& caller : callers) EXPECT_EQ(caller.ask(caller.first), caller.first);
    }
    for (Caller& caller : callers) EXPECT_EQ(caller.leave(), "");
    EXPECT_EQ(server.stop().code, 0);
    EXPECT_EQ(server->err(), "");
}

TEST(ThreadServer, NumbersClientsFromOne) {
    LineServer server;
    EXPECT_EQ(Caller(server).first, "client 1 thread 1");
    EXPECT_TRUE(Caller(server).first.starts_with("client 2 "));
}

TEST(ThreadServer, LetsAFinishedThreadTakeTheNextClient) {
    LineServer server;
    // The next client may come before the thread of the last one is free; but not each time.
    std::set<std::string> threads;
    bool again = false;
    for (int i = 0; i < 200 && !again; ++i) {
        Caller caller(server);
        again = !threads.insert(caller.thread()).second;
        EXPECT_EQ(caller.ask("hello"), "hello");
        caller.leave();
    }
    EXPECT_TRUE(again);
}

TEST(ThreadServer, KeepsFewIdleThreadsAndThoseNotForLong) {
    LineServer server;
    Caller first(server);
    const auto others = server.threads() - 1;  // a sanitizer may have one of its own, too
    {
        std::list<Caller> callers;
        for (int i = 0; i < 30; ++i) callers.emplace_back(server);
        EXPECT_EQ(server.threads(), others + 31);
        for (Caller& caller : callers) caller.leave();
        first.leave();
    }
    server.wait_for_threads(others + 8);
    server.wait_for_threads(others);
    EXPECT_EQ(Caller(server).ask("still there?"), "still there?");
}

TEST(ThreadServer, TakesOneClientAfterTheOtherWhereItIsIterative) {
    LineServer server({"--iterative"});
    Caller first(server);
    RawTcp second(server.port());
    second.send("echo early\n");
    EXPECT_THROW(second.read_line(milliseconds(30)), TimeoutError);
    EXPECT_EQ(first.ask("still mine?"), "still mine?");
    first.leave();
    EXPECT_TRUE(second.read_line().starts_with("client 2 "));
    EXPECT_EQ(second.read_line(), "early");
    EXPECT_EQ(server.stop().code, 0);
}

TEST(ThreadServer, RefusesWithALineWhenItIsFull) {
    LineServer server({"--max-clients", "2"});
    Caller one(server);
    Caller two(server);
    Caller three(server);
    EXPECT_EQ(three.first, "ERROR server is full");
    EXPECT_EQ(three.socket.read_to_end(), "");
    server->wait_for_err(matching("^line_server: refused 127.0.0.1:[0-9]+: server is full\n"));
    EXPECT_EQ(two.ask("unharmed?"), "unharmed?");
    one.leave();
    EXPECT_TRUE(Caller(server).served());
}

TEST(ThreadServer, LetsARefusedClientReadTheLineEvenIfItHasSentItsRequestAlready) {
    LineServer server({"--max-clients", "0"});
    for (int i = 0; i < 20; ++i) {
        RawTcp client(server.port());
        client.send(std::string(10'000, 'x'));
        EXPECT_EQ(client.read_line(), "ERROR server is full");
    }
}

TEST(ThreadServer, LetsARefusedClientSendAllOfALongRequestFirst) {
    LineServer server({"--max-clients", "0"});
    RawTcp client(server.port());
    client.send(std::string(8'000'000, 'x'));  // more than any buffer holds
    EXPECT_EQ(client.read_line(), "ERROR server is full");
}

TEST(ThreadServer, KeepsRefusingWithoutKeepingTheRefused) {
    LineServer server({"--max-clients", "0", "--descriptors", "100"});
    std::list<RawTcp> clients;
    for (int i = 0; i < 200; ++i) {
        clients.emplace_back(server.port());
        EXPECT_EQ(clients.back().read_line(), "ERROR server is full");
    }
    EXPECT_EQ(server->err().find("accept"), std::string::npos);  // never out of descriptors
}

TEST(ThreadServer, EndsOnlyTheClientWhoseHandlerThrows) {
    LineServer server;
    Caller good(server);
    Caller bad(server);
    EXPECT_EQ(bad.leave("throw"), "");
    server->wait_for_err("\n");
    EXPECT_EQ(good.ask("unharmed?"), "unharmed?");
    EXPECT_EQ(server.stop().code, 0);
    const std::string log = server->err();
    EXPECT_TRUE(matching("^line_server: 127.0.0.1:[0-9]+: trouble in the handler\n$").find(log));
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST(ThreadServer, NamesThePeerOnceInItsLog) {
    LineServer server;
    Caller caller(server);
    caller.socket.reset();
    server->wait_for_err(
        matching("^line_server: recv 127.0.0.1:[0-9]+: Connection reset by peer\n"));
}

TEST(ThreadServer, OutlivesClientsThatComeAndGoInEveryWay) {
    LineServer server;
    Caller good(server);
    for (int i = 0; i < 100; ++i) {
        RawTcp client(server.port());
        if (i % 3 == 0) client.send("half a li");
        if (i % 3 == 1) client.half_close();
        if (i % 2 == 0) client.reset();
    }
    EXPECT_EQ(good.ask("unharmed?"), "unharmed?");
    EXPECT_EQ(Caller(server).ask("open?"), "open?");
    EXPECT_EQ(server.stop().code, 0);
}

TEST(ThreadServer, StopsOnASignalWithinTwoSecondsWhateverItsClientsDo) {
    for (const int signal : {SIGINT, SIGTERM}) {
        LineServer server;
        Caller idle(server);
        Caller in_a_line(server);
        in_a_line.socket.send("half a li");
        Caller not_reading(server);
        not_reading.socket.send("flood\n");
        EXPECT_EQ(not_reading.socket.read_exact(1000), std::string(1000, 'x'));  // it has begun
        Caller gone(server);
        gone.leave();

        const TimePoint start = Clock::now();
        server->send_signal(signal);
        EXPECT_EQ(server->wait().code, 0);
        EXPECT_LT(Clock::now() - start, seconds(2) * slowdown());
        EXPECT_EQ(idle.socket.read_to_end(), "");
        EXPECT_TRUE(contains(server->out(), "stopping\n"));
        EXPECT_THROW(RawTcp(server.port()), SystemError);
    }
}

TEST(ThreadServer, ServesOneClientWithOnceAndEndsWithItsOutcome) {
    LineServer good({"--once"});
    Caller(good).leave();
    EXPECT_EQ(good->wait().code, 0);

    LineServer bad({"--once"});
    Caller(bad).leave("fail");
    EXPECT_EQ(bad->wait().code, 1);

    LineServer thrown({"--once"});
    Caller(thrown).leave("throw");
    EXPECT_EQ(thrown->wait().code, 1);
}

TEST(ThreadServer, RefusesASecondClientWithOnce) {
    LineServer server({"--once"});
    Caller first(server);
    // The port closes soon after the first client came.
    const TimePoint deadline = give_up_after(kPatience);
    bool refused = false;
    while (!refused && Clock::now() < deadline) {
        try {
            RawTcp second(server.port());
        } catch (const SystemError&) {
            refused = true;
        }
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(first.ask("unharmed?"), "unharmed?");
    first.leave();
    EXPECT_EQ(server->wait().code, 0);
}

TEST(ThreadServer, StopsOnASignalWithOnceToo) {
    LineServer waiting({"--once"});
    EXPECT_EQ(waiting.stop().code, 0);
    LineServer serving({"--once"});
    Caller caller(serving);
    EXPECT_EQ(serving.stop().code, 0);
}

TEST(ThreadServer, RefusesAndRecoversWhenItRunsOutOfDescriptors) {
    LineServer server({"--descriptors", "20"});
    for (int round = 0; round < 2; ++round) {
        std::list<Caller> served;
        for (int refused = 0; refused < 3;) {
            Caller caller(server);
            if (caller.served()) {
                served.push_back(std::move(caller));
                continue;
            }
            EXPECT_EQ(caller.first, "ERROR server is out of descriptors");
            ++refused;
        }
        EXPECT_GE(served.size(), 5u);
        for (Caller& caller : served) EXPECT_EQ(caller.ask("unharmed?"), "unharmed?");
        for (Caller& caller : served) caller.leave();
    }
    EXPECT_TRUE(Caller(server).served());
    EXPECT_EQ(server.stop().code, 0);
    // Told once each time, and not for every client.
    const std::string log = server->err();
    EXPECT_TRUE(matching("^line_server: accept 127.0.0.1:[0-9]+: Too many open files\n").find(log));
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
}

TEST(ThreadServer, RefusesWithALineWhenNoThreadCanBeStarted) {
    LineServer server({"--stack-size", "1048576G"});  // more than there are addresses
    for (int i = 0; i < 3; ++i) {
        Caller caller(server);
        EXPECT_EQ(caller.first, "ERROR server has no thread left");
        EXPECT_EQ(caller.socket.read_to_end(), "");
    }
    server->wait_for_err(matching("^line_server: pthread_create: .+\n"));
    EXPECT_EQ(server.stop().code, 0);
}

TEST(ThreadServer, DoesNotWaitForEverWithOnceWhereItsClientCouldNotBeServed) {
    LineServer server({"--once", "--stack-size", "1048576G"});
    EXPECT_EQ(Caller(server).first, "ERROR server has no thread left");
    EXPECT_EQ(server->wait(seconds(3)).code, 1);
}

TEST(ThreadServer, StartsWithTheSmallestStackWhereLessIsAskedFor) {
    LineServer server({"--stack-size", "0"});
    EXPECT_TRUE(server->running());
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace netlab::testing
