// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <set>

#include "problem6/chat.hpp"

namespace netlab::problem6 {

// The lab's mode: every client has a dialogue of its own with the operator, strictly in turns. The
// client speaks first; after a message a reply has to come before its next one. Clients that wait
// for a reply queue up, and a line of the operator answers the first of them.
class Dialogues : public Chat {
  public:
    // With an `auto_reply` every message is answered with it at once, the message in place of the
    // first %s.
    Dialogues(ChatOutput& output, std::optional<std::string> auto_reply)
        : Chat(output), auto_reply_(std::move(auto_reply)) {}

    [[nodiscard]] bool owes_reply(ClientId client) const override;
    [[nodiscard]] std::string prompt() const override;

  private:
    void forget(ClientId client) noexcept override;
    [[nodiscard]] bool said(ClientId client, std::string_view text) override;
    void said_privately(ClientId client, std::string_view to, std::string_view text) override;
    void asked_who(ClientId client) override;
    [[nodiscard]] Outcome operator_said(std::string_view text) override;
    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override;

    void reply(ClientId client, std::string_view text);

    const std::optional<std::string> auto_reply_;
    std::deque<ClientId> waiting_;     // for a reply, the longest first
    std::set<ClientId> told_to_wait_;  // those of them that were told that a line came too early
};

}  // namespace netlab::problem6
