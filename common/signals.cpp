// SPDX-License-Identifier: MIT
#include "common/signals.hpp"

#include <signal.h>

#include <algorithm>
#include <vector>

#include "common/error.hpp"
#include "common/file_descriptor.hpp"

namespace netlab {

namespace {

// Lives as long as the process: a handler may run at any moment until then.
Wakeup* stop = nullptr;

extern "C" void on_stop(int) {
    stop->wake();
}

}  // namespace

void handle_signal(int signal, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    check(::sigaction(signal, &action, nullptr), "sigaction");
}

void install_signal_handlers() {
    static Wakeup wakeup;
    stop = &wakeup;
    handle_signal(SIGINT, on_stop);
    handle_signal(SIGTERM, on_stop);
    struct sigaction hangup = {};
    check(::sigaction(SIGHUP, nullptr, &hangup), "sigaction");
    if (hangup.sa_handler != SIG_IGN) handle_signal(SIGHUP, on_stop);  // nohup(1) ignores it
    handle_signal(SIGPIPE, SIG_IGN);
    handle_signal(SIGCHLD, SIG_DFL);  // ignored by who started us, it would fail waitpid(2)
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

bool wait_or_interrupt(std::span<pollfd> watched, TimePoint deadline) {
    std::vector<pollfd> all(watched.begin(), watched.end());
    all.push_back({signal_descriptor(), POLLIN, 0});
    const bool ready = wait_for_events(all, deadline);
    if (all.back().revents != 0) throw Interrupted();
    std::copy_n(all.begin(), watched.size(), watched.begin());
    return ready;
}

void restore_default_signals() noexcept {
    for (int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT}) {
        ::signal(signal, SIG_DFL);
    }
}

}  // namespace netlab
