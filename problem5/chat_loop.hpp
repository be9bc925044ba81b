// SPDX-License-Identifier: MIT
#pragma once

#include "common/brief_spin.hpp"
#include "common/console.hpp"
#include "problem5/chat_program.hpp"

namespace netlab::problem5 {

// The loop of all four programs: one thread that waits for keyboard and network together, so that
// neither keeps the other waiting.
class ChatLoop {
  public:
    // Takes the terminal over until its destructor. An invalid `transcript` is none. Throws
    // SystemError.
    ChatLoop(const ChatProgram& program, const ChatOptions& options, FileDescriptor transcript,
             Transport& transport);

    // Until the dialogue is over (a client's, or with --once), the user wants no other one, or a
    // signal comes. Returns the exit code. If anything throws (the disk is full, say), the peer
    // still hears a goodbye.
    int run();

  private:
    void turns();
    void read_keyboard();
    void converse(TimePoint now);
    [[nodiscard]] bool finished(TimePoint now);
    void show();
    void wait();
    void report_unsent();
    void say_goodbye() noexcept;

    [[nodiscard]] bool is_server() const { return program_.role == Conversation::Role::server; }

    const ChatProgram& program_;
    const ChatOptions& options_;
    FileDescriptor transcript_;
    Transport& transport_;
    Console console_;
    Conversation conversation_;
    bool accept_ready_ = false;  // another client is waiting
    bool input_ended_ = false;   // by Ctrl+D
    bool interrupted_ = false;   // by Ctrl+C
    BriefSpin spin_;
    unsigned unprinted_ = 0;  // turns
};

}  // namespace netlab::problem5
