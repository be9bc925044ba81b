// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <span>

#include "common/io.hpp"

namespace netlab {

// SIGINT, SIGTERM and SIGHUP by the self-pipe trick: the handler does nothing but write one byte to
// a pipe, and every loop that a signal is to end has that pipe in its poll(2) (wait_or_interrupt(),
// ThreadServer), so that no signal is lost between a check and a wait (signal-safety(7)). SIGPIPE
// is ignored: writing to a peer that is gone is an error like any other. SIGHUP stays ignored if it
// was. Call once, first thing in main, before there are threads.
void install_signal_handlers();

// Readable from the first of these signals on, for ever. -1 before install_signal_handlers().
int signal_descriptor() noexcept;

// True once one of them has come. Never blocks.
bool signal_received();

// The same as SIGTERM, from within. Thread-safe, and for a signal's handler too.
void request_stop() noexcept;

// sigaction(2) with SA_RESTART. Throws SystemError.
void handle_signal(int signal, void (*handler)(int));

// The user pressed Ctrl+C in a client: exit code 130. No std::runtime_error, so that handlers of
// failures do not catch it.
struct Interrupted : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

// How a client waits: as wait_for_events() does, but a signal ends it, also one that came
// before. It is passed to what waits on the client's behalf (TcpStream::connect(), print_out()).
// Throws Interrupted, SystemError.
bool wait_or_interrupt(std::span<pollfd> watched, TimePoint deadline);

// Gives a forked child the default handlers back. Async-signal-safe.
void restore_default_signals() noexcept;

}  // namespace netlab
