// SPDX-License-Identifier: MIT
#include "common/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"

namespace netlab {

namespace {

int signal_read_end = -1;
int signal_write_end = -1;
std::atomic<bool> interrupts_end_waits{false};

extern "C" void write_to_self_pipe(int) {
    const int saved_errno = errno;
    const char byte = 0;
    // A full pipe is as good as a byte: the reader wakes up either way.
    [[maybe_unused]] const ssize_t written = ::write(signal_write_end, &byte, 1);
    errno = saved_errno;
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
    // Not read out of the pipe: it stays readable for everyone who watches it.
    pollfd watched{signal_read_end, POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
}

void throw_on_interrupt() noexcept {
    interrupts_end_waits = true;
}

int interrupt_descriptor() noexcept {
    return interrupts_end_waits ? signal_read_end : -1;
}

void restore_default_signals() noexcept {
    for (int signal : {SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
}

}  // namespace netlab
