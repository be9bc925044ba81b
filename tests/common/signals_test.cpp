// SPDX-License-Identifier: MIT
// The self-pipe is one for the whole process, and stays readable: each test uses it in a child, and
// this process keeps its own handlers.

#include "common/signals.hpp"
#include "common/screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/socket.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {
namespace {

// Runs `body` in a child: 0 if it returned true, 1 if it did not, 128 + signal if one
// ended it.
int outcome_in_child(const std::function<bool()>& body) {
    const pid_t child = check(::fork(), "fork");
    if (child == 0) {
        ::alarm(60);  // should it hang
        bool right = false;
        try {
            right = body();
        } catch (const std::exception& error) {
            print_error(std::string(error.what()) + "\n");
        }
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    check(::waitpid(child, &status, 0), "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool holds_in_child(const std::function<bool()>& body) {
    return outcome_in_child(body) == 0;
}

bool throws_interrupted(const std::function<void()>& action) {
    try {
        action();
    } catch (const Interrupted&) {
        return true;
    }
    return false;
}

bool readable(int fd) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
}

TEST(Signals, AreNotSeenBeforeTheHandlersAreInstalled) {
    EXPECT_TRUE(holds_in_child([] { return signal_descriptor() == -1 && !signal_received(); }));
}

TEST(Signals, MakeTheDescriptorReadableForEver) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const auto body = [signal] {
            install_signal_handlers();
            const bool before = signal_received() || readable(signal_descriptor());
            ::raise(signal);
            bool after = true;
            for (int i = 0; i < 3; ++i) {
                after = after && signal_received() && readable(signal_descriptor());
            }
            return !before && after;
        };
        EXPECT_TRUE(holds_in_child(body)) << "signal " << signal;
    }
}

// As nohup(1) starts a program.
TEST(Signals, LeaveAHangupIgnoredThatWas) {
    EXPECT_TRUE(holds_in_child([] {
        ::signal(SIGHUP, SIG_IGN);
        install_signal_handlers();
        ::raise(SIGHUP);
        return !signal_received();
    }));
}

// Whoever starts us may ignore SIGCHLD, and what is ignored stays so through exec(2).
TEST(Signals, LetChildrenBeWaitedFor) {
    EXPECT_TRUE(holds_in_child([] {
        ::signal(SIGCHLD, SIG_IGN);
        install_signal_handlers();
        const pid_t child = ::fork();
        if (child == 0) ::_exit(7);
        int status = 0;
        return ::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
    }));
}

TEST(Signals, WakeAWaitThatHasBegun) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        std::thread sender([waiting = ::pthread_self()] { ::pthread_kill(waiting, SIGTERM); });
        const bool woken = wait_readable(signal_descriptor(), give_up_after(kPatience));
        sender.join();
        return woken;
    }));
}

TEST(Signals, SurviveAFloodThatFillsThePipe) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        for (int i = 0; i < 100'000; ++i) ::raise(SIGINT);  // must not block
        return signal_received();
    }));
}

TEST(Signals, LeaveErrnoAlone) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        for (int i = 0; i < 100'000; ++i) {  // the pipe is full in the end: write(2) fails
            errno = ENOENT;
            ::raise(SIGINT);
            if (errno != ENOENT) return false;
        }
        return true;
    }));
}

TEST(Signals, TurnAWriteToAClosedPipeIntoAnError) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        Pipe pipe = make_pipe();
        pipe.read_end.close();
        return ::write(pipe.write_end.get(), "x", 1) == -1 && errno == EPIPE;
    }));
}

TEST(Signals, MayBeInstalledTwice) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const int first = signal_descriptor();
        ::raise(SIGINT);
        install_signal_handlers();
        return signal_descriptor() == first && signal_received();
    }));
}

TEST(Signals, KeepTheirPipeFromChildren) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        return (::fcntl(signal_descriptor(), F_GETFD) & FD_CLOEXEC) != 0;
    }));
}

TEST(Signals, RestartWhatTheyInterrupt) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        Pipe pipe = make_pipe();
        const pthread_t reader = ::pthread_self();
        std::thread sender([&] {
            for (int i = 0; i < 100; ++i) ::pthread_kill(reader, SIGINT);
            write_all(pipe.write_end.get(), as_bytes("x"), "pipe");
        });
        char byte = 0;
        const ssize_t got = ::read(pipe.read_end.get(), &byte, 1);
        sender.join();
        return got == 1;
    }));
}

TEST(Interrupts, DoNotEndWaitsUnlessAskedTo) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        ::raise(SIGINT);
        const Pipe pipe = make_pipe();
        return !wait_readable(pipe.read_end.get(), TimePoint{}) &&
               !wait_for_events({}, deadline_in(milliseconds(1)));
    }));
}

TEST(WaitOrInterrupt, TellsWhatHasComeAndWhatHasNot) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const Pipe quiet = make_pipe();
        const Pipe noisy = make_pipe();
        std::array<pollfd, 2> watched{
            {{quiet.read_end.get(), POLLIN, 0}, {noisy.read_end.get(), POLLIN, 0}}};
        const bool before = wait_or_interrupt(watched, TimePoint{});
        write_all(noisy.write_end.get(), as_bytes("x"), "pipe");
        return !before && wait_or_interrupt(watched, kNever) && watched[0].revents == 0 &&
               watched[1].revents == POLLIN;
    }));
}

TEST(Interrupts, EndEveryWaitOfAClient) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const TcpListener listener("127.0.0.1", 0);
        const auto connect = [port = listener.local_address().port()] {
            return TcpStream::connect("127.0.0.1", port, seconds(10), wait_or_interrupt);
        };
        TcpStream stream = connect();
        while (stream.write_some(std::vector<std::byte>(65'536)) > 0) continue;

        ::raise(SIGINT);
        std::array<std::byte, 16> buffer;
        return throws_interrupted([&] { wait_or_interrupt({}, kNever); }) &&
               throws_interrupted([&] { static_cast<void>(stream.read_some(buffer)); }) &&
               // An acknowledgement may have made room once more.
               throws_interrupted([&] {
                   while (true) stream.write_all(buffer, kNever);
               }) &&
               throws_interrupted([&] { connect(); });
    }));
}

TEST(Interrupts, EndAWaitThatHasBegun) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        // To the thread that waits: ThreadSanitizer loses a signal that another one gets as it
        // ends.
        std::thread sender([waiting = ::pthread_self()] { ::pthread_kill(waiting, SIGINT); });
        const bool thrown = throws_interrupted([] { wait_or_interrupt({}, kNever); });
        sender.join();
        return thrown;
    }));
}

TEST(Interrupts, LeaveAGoodbyeItsTime) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        TcpListener listener("127.0.0.1", 0);
        TcpStream stream = TcpStream::connect("127.0.0.1", listener.local_address().port(),
                                              seconds(10), wait_or_interrupt);
        wait_readable(listener.descriptor().get(), kNever);
        TcpStream peer = std::move(*listener.accept());
        ::raise(SIGINT);
        std::thread server([&peer] {
            std::array<std::byte, 16> buffer;
            static_cast<void>(peer.read_some(buffer));
            peer.write_all(as_bytes("last words"), kNever);
            peer.shutdown_write();
        });
        stream.close_gracefully(give_up_after(kPatience));
        server.join();
        std::array<std::byte, 1> nothing_left;
        return stream.try_read(nothing_left) == 0u;
    }));
}

TEST(Interrupts, EndAWriteToAPipeThatNobodyReads) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const Pipe pipe = make_pipe();
        const std::string much(1 << 20, 'x');
        std::thread sender([waiting = ::pthread_self(), &pipe] {
            wait_readable(pipe.read_end.get(), kNever);
            ::pthread_kill(waiting, SIGINT);
        });
        const auto write = [&](std::string_view text) {
            write_all(pipe.write_end.get(), as_bytes(text), "pipe", wait_or_interrupt);
        };
        const bool thrown = throws_interrupted([&] { write(much); });
        sender.join();
        // With room it is written all the same: last words.
        std::vector<std::byte> read(much.size());
        static_cast<void>(read_some(pipe.read_end, read, kNever, "pipe"));
        return thrown && !throws_interrupted([&] { write("last words"); });
    }));
}

// A client whose --trace went into `less` could not be ended, not even by SIGTERM.
TEST(Interrupts, EndAnErrorMessageThatNobodyReads) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const Pipe pipe = make_pipe();
        check(::dup2(pipe.write_end.get(), STDERR_FILENO), "dup2");
        std::thread sender([waiting = ::pthread_self(), &pipe] {
            wait_readable(pipe.read_end.get(), kNever);
            ::pthread_kill(waiting, SIGINT);
        });
        print_error(std::string(1 << 20, 'x'));
        sender.join();
        return signal_received();
    }));
}

// A reader that is only slow gets the last lines.
TEST(Interrupts, LeaveTimeForTheLastErrorMessage) {
    EXPECT_TRUE(holds_in_child([] {
        install_signal_handlers();
        const Pipe pipe = make_pipe();
        check(::dup2(pipe.write_end.get(), STDERR_FILENO), "dup2");
        print_error(std::string(65'536, 'x'));  // the pipe is full (pipe(7))
        ::raise(SIGINT);
        std::thread last([] { print_error("the last line\n"); });
        wait_for_events({}, deadline_in(milliseconds(20)));  // that slow
        std::string seen;
        std::array<std::byte, 65'536> buffer;
        while (!seen.ends_with("the last line\n")) {
            const auto got = read_some(pipe.read_end, buffer, deadline_in(seconds(5)), "pipe");
            if (!got) break;
            seen += as_text(Bytes(buffer).first(*got));
        }
        last.join();
        return seen.size() == 65'536 + 14;
    }));
}

TEST(RestoreDefaultSignals, GivesAChildTheDefaultsBack) {
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) {
        const auto body = [signal] {
            install_signal_handlers();
            restore_default_signals();
            ::raise(signal);
            return false;
        };
        EXPECT_EQ(outcome_in_child(body), 128 + signal) << "signal " << signal;
    }
}

}  // namespace
}  // namespace netlab::testing
