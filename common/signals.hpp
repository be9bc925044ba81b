// SPDX-License-Identifier: MIT
#pragma once

namespace netlab {

// SIGINT and SIGTERM by the self-pipe trick: the handler does nothing but write one byte to a pipe,
// and whoever waits with poll(2) watches that pipe too, so that no signal is lost between a check
// and a wait (signal-safety(7)). SIGPIPE is ignored: writing to a peer that is gone is an error
// like any other. Call once, first thing in main, before there are threads.
void install_signal_handlers();

// Readable from the first SIGINT or SIGTERM on, for ever. -1 before install_signal_handlers().
int signal_descriptor() noexcept;

// True once SIGINT or SIGTERM has come. Never blocks.
bool signal_received();

// For clients: from now on every wait in io.hpp and socket.hpp throws Interrupted when one of those
// signals comes. A server leaves this off: it must tell its clients before it ends.
void throw_on_interrupt() noexcept;

// The descriptor that waits have to watch, or -1 where interrupts do not end waits.
int interrupt_descriptor() noexcept;

// Gives a forked child the default handlers back. Async-signal-safe.
void restore_default_signals() noexcept;

}  // namespace netlab
