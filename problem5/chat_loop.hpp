// SPDX-License-Identifier: MIT
#pragma once

#include "problem5/chat.hpp"
#include "problem5/glance.hpp"
#include "problem5/transport.hpp"

namespace netlab::problem5 {

enum class Dialogues { one, many };  // how many a program holds: a server goes on, unless --once

// The loop of all four programs: one thread that waits for keyboard and network together, so that
// neither keeps the other waiting.
class ChatLoop {
  public:
    ChatLoop(Chat& chat, Transport& transport, Dialogues dialogues)
        : chat_(chat), transport_(transport), dialogues_(dialogues) {}

    // Until the dialogue is over, or the user wants no other one, or a signal comes. If anything
    // throws (the disk is full, say), the peer still hears a goodbye.
    void run();

    // Afterwards.
    [[nodiscard]] bool ended_well() { return !greeted_ || chat_.conversation().ended_well(); }
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

  private:
    void converse(TimePoint now);
    [[nodiscard]] bool finished(TimePoint now);
    void wait();
    void take_leave() noexcept;

    Chat& chat_;
    Transport& transport_;
    const Dialogues dialogues_;
    Glance glance_;
    bool greeted_ = false;
    bool at_door_ = false;
    bool interrupted_ = false;
};

}  // namespace netlab::problem5
