// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "common/text.hpp"
#include "problem6/chat.hpp"

namespace netlab::problem6 {

// --room: no turns. What one says, all others and the operator see, in one order.
class Room final : public Chat {
  public:
    using Chat::Chat;

  private:
    [[nodiscard]] bool waits_for_reply(ClientId) const override { return false; }
    [[nodiscard]] std::string make_prompt() const override { return "server> "; }

    static std::string from(std::string_view name) { return "<" + std::string(name) + "> "; }
    // Names have no spaces, so nobody's name looks like this.
    static std::string from_to(std::string_view name, std::string_view to) {
        return "<" + std::string(name) + " to " + std::string(to) + "> ";
    }

    [[nodiscard]] bool said(ClientId client, std::string_view text) override {
        const std::string head = from(name_of(client));
        const std::string line = head + std::string(text);
        send_to_all(line, client);
        record(line);
        show(head + escaped(text));
        return true;
    }

    void said_privately(ClientId client, std::string_view to, std::string_view text) override {
        if (to.empty() || text.empty()) return send(client, "ERROR usage: /msg NAME TEXT");
        const std::string& name = name_of(client);
        if (to == kServerName) return show(from_to(name, to) + escaped(text));
        const auto found = find(to);
        if (!found) return send(client, "ERROR nobody here is called " + escaped(to));
        send(*found, from_to(name, name_of(*found)) + std::string(text));
    }

    void asked_who(ClientId client) override {
        std::string names;
        for (const auto& [id, entry] : clients()) names += (names.empty() ? "" : ", ") + entry.name;
        send(client, "* here: " + names);
    }

    [[nodiscard]] Outcome operator_said(std::string_view text) override {
        const std::string line = from(kServerName) + std::string(text);
        send_to_all(line);
        record(line);
        return Outcome::done;
    }

    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override {
        send(client, from_to(kServerName, name_of(client)) + std::string(text));
        return Outcome::done;
    }
};

}  // namespace netlab::problem6
