// SPDX-License-Identifier: MIT
#include "common/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <span>
#include <vector>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"

namespace netlab {

namespace {

// They live as long as the process: a handler may run at any moment until then.
Wakeup* stop = nullptr;
Wakeup* job_control = nullptr;
std::atomic<int> job_signal = 0;

extern "C" void on_stop(int) {
    stop->wake();
}

extern "C" void on_job_control(int signal) {
    job_signal = signal;
    job_control->wake();
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
    static Wakeup wakeup;
    stop = &wakeup;
    handle(SIGINT, on_stop);
    handle(SIGTERM, on_stop);
    struct sigaction hangup = {};
    check(::sigaction(SIGHUP, nullptr, &hangup), "sigaction");
    if (hangup.sa_handler != SIG_IGN) handle(SIGHUP, on_stop);  // nohup(1) ignores it
    handle(SIGPIPE, SIG_IGN);
    handle(SIGCHLD, SIG_DFL);  // whoever has started us may ignore it: waitpid(2) would then fail
}

int signal_descriptor() noexcept {
    return stop == nullptr ? -1 : stop->descriptor();
}

bool signal_received() {
    // Not read out of the pipe: it stays readable for every thread that watches it.
    pollfd watched{signal_descriptor(), POLLIN, 0};
    return ::poll(&watched, 1, 0) > 0;
}

void request_stop() noexcept {
    stop->wake();
}

void install_terminal_signal_handlers() {
    static Wakeup wakeup;
    job_control = &wakeup;
    for (int signal : {SIGTSTP, SIGCONT}) handle(signal, on_job_control);
    handle(SIGQUIT, on_stop);
}

int terminal_signal_descriptor() noexcept {
    return job_control == nullptr ? -1 : job_control->descriptor();
}

int take_terminal_signal() noexcept {
    if (job_control != nullptr) job_control->clear();
    return job_signal.exchange(0);
}

void stop_process() {
    handle(SIGTSTP, SIG_DFL);
    ::kill(::getpid(), SIGTSTP);
    handle(SIGTSTP, on_job_control);
}

bool wait_or_interrupt(std::span<pollfd> watched, TimePoint deadline) {
    std::vector<pollfd> all(watched.begin(), watched.end());
    all.push_back({signal_descriptor(), POLLIN, 0});
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
