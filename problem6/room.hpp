// SPDX-License-Identifier: MIT
#pragma once

#include "problem6/chat.hpp"

namespace netlab::problem6 {

// --room: no turns. What one says, all others and the operator see, in one order.
class Room : public Chat {
  public:
    using Chat::Chat;

    [[nodiscard]] bool owes_reply(ClientId) const override { return false; }
    [[nodiscard]] std::string prompt() const override { return "server> "; }

  private:
    void joined(ClientId client, const std::string& name) override;
    void left(ClientId client, const std::string& name, std::string_view how) override;
    void renamed(ClientId client, const std::string& before) override;
    [[nodiscard]] bool said(ClientId client, std::string_view text) override;
    void said_privately(ClientId client, std::string_view to, std::string_view text) override;
    void asked_who(ClientId client) override;
    [[nodiscard]] Outcome operator_said(std::string_view text) override;
    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override;
};

}  // namespace netlab::problem6
