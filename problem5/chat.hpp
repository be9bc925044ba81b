// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "common/console.hpp"
#include "common/file_descriptor.hpp"
#include "problem5/chat_options.hpp"
#include "problem5/conversation.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

// Where --transcript goes; none without it. Nothing is replaced or cut short, and a FIFO that
// nobody reads is an error, and no wait. Throws SystemError.
FileDescriptor open_transcript(const ChatOptions& options);

// The user's side of all four programs: keyboard, screen and transcript file around a conversation.
class Chat {
  public:
    // Takes the terminal over until the end of its life. Throws SystemError.
    Chat(std::string program, const ChatOptions& options, FileDescriptor transcript,
         const Conversation::Role& role);

    [[nodiscard]] Conversation& conversation() noexcept { return conversation_; }
    // For what the transport has to tell, also without a peer.
    [[nodiscard]] Tell notice() {
        return [this](const std::string& text) { conversation_.notice(text); };
    }
    [[nodiscard]] Tell error() {
        return [this](const std::string& text) { conversation_.error(text); };
    }

    // What to poll for, and what to do when a wait has ended, whatever ended it.
    [[nodiscard]] std::array<pollfd, 2> keyboard() const noexcept { return console_.watched(); }
    void read_keyboard();

    // Prints what has come up since, and whose turn it is. Throws SystemError ("write talk.txt: No
    // space left on device").
    void show();

    // With nobody there: whether the user wants no other peer to come.
    [[nodiscard]] bool wants_to_quit() { return hung_up_ || conversation_.wants_to_quit(); }
    // Tells how many lines were typed in vain.
    void report_unsent();

  private:
    const std::string program_;
    const ChatOptions& options_;
    FileDescriptor transcript_;
    bool hung_up_ = false;  // Ctrl+D
    Console console_;
    Conversation conversation_;
};

}  // namespace netlab::problem5
