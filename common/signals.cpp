// SPDX-License-Identifier: MIT
#include "common/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <vector>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"

namespace netlab {

namespace {

int signal_read_end = -1;
int signal_write_end = -1;
int terminal_read_end = -1;
int terminal_write_end = -1;

void write_byte(int pipe, int value) {
    const int saved_errno = errno;
    const auto byte = static_cast<unsigned char>(value);
    // A full pipe is as good as a byte: the reader wakes up either way.
    [[maybe_unused]] const ssize_t written = ::write(pipe, &byte, 1);
    errno = saved_errno;
}

extern "C" void write_to_self_pipe(int signal) {
    write_byte(signal_write_end, signal);
}

extern "C" void write_to_terminal_pipe(int signal) {
    write_byte(terminal_write_end, signal);
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    check(::sigaction(signal, &action, nullptr), "sigaction");
}

}  // namespace

void install_signal_handlers() {
    if (signal_read_end >= 0) return;
    // Both ends live as long as the process: a handler may run at any moment until then.
    static Pipe self_pipe = make_pipe();
    set_nonblocking(self_pipe.write_end, true);
    signal_write_end = self_pipe.write_end.get();
    signal_read_end = self_pipe.read_end.get();
    handle(SIGINT, write_to_self_pipe);
    handle(SIGTERM, write_to_self_pipe);
    handle(SIGPIPE, SIG_IGN);
}

int signal_descriptor() noexcept {
    return signal_read_end;
}

bool signal_received() {
    if (signal_read_end < 0) return false;
    // Not read out of the pipe: it stays readable for every thread that watches it.
    pollfd watched{signal_read_end, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
}

void request_stop() noexcept {
    write_to_self_pipe(SIGTERM);
}

void install_terminal_signal_handlers() {
    if (terminal_read_end < 0) {
        static Pipe terminal_pipe = make_pipe();
        set_nonblocking(terminal_pipe.read_end, true);
        set_nonblocking(terminal_pipe.write_end, true);
        terminal_write_end = terminal_pipe.write_end.get();
        terminal_read_end = terminal_pipe.read_end.get();
    }
    for (int signal : {SIGTSTP, SIGCONT}) handle(signal, write_to_terminal_pipe);
    for (int signal : {SIGHUP, SIGQUIT}) handle(signal, write_to_self_pipe);
}

int terminal_signal_descriptor() noexcept {
    return terminal_read_end;
}

int next_terminal_signal() noexcept {
    unsigned char signal = 0;
    if (terminal_read_end < 0 || ::read(terminal_read_end, &signal, 1) != 1) return 0;
    return signal;
}

void stop_process() {
    handle(SIGTSTP, SIG_DFL);
    ::kill(::getpid(), SIGTSTP);
    handle(SIGTSTP, write_to_terminal_pipe);
}

bool wait_or_interrupt(std::span<pollfd> watched, TimePoint deadline) {
    std::vector<pollfd> all(watched.begin(), watched.end());
    all.push_back({signal_read_end, POLLIN, 0});
    const bool ready = wait_for_events(all, deadline);
    if (all.back().revents != 0) throw Interrupted();
    std::copy_n(all.begin(), watched.size(), watched.begin());
    return ready;
}

void restore_default_signals() noexcept {
    for (int signal : {SIGINT, SIGTERM, SIGPIPE, SIGTSTP, SIGCONT, SIGHUP, SIGQUIT}) {
        ::signal(signal, SIG_DFL);
    }
}

}  // namespace netlab
