// SPDX-License-Identifier: MIT
#pragma once

#include "common/brief_spin.hpp"
#include "common/console.hpp"
#include "problem5/chat_options.hpp"
#include "problem5/conversation.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// Where --transcript goes; nowhere without it. Nothing is replaced or cut short, and a FIFO that
// nobody reads is an error, and no wait. Throws SystemError.
FileDescriptor open_transcript(const ChatOptions& options);

// The loop of all four programs: one thread that waits for keyboard and network together, so that
// neither keeps the other waiting.
class ChatLoop {
  public:
    // Takes the terminal over until the end of its life. Throws SystemError.
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
    void take_leave() noexcept;

    const ChatProgram& program_;
    const ChatOptions& options_;
    FileDescriptor transcript_;
    Transport& transport_;
    Console console_;
    Conversation conversation_;
    bool greeted_ = false;  // the peer that is there
    bool at_door_ = false;  // is another one
    bool hung_up_ = false;  // Ctrl+D
    bool interrupted_ = false;
    BriefSpin spin_;
    unsigned unprinted_ = 0;  // turns
};

}  // namespace netlab::problem5
