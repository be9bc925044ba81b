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

    [[nodiscard]] bool owes_reply(ClientId) const override { return false; }
    [[nodiscard]] std::string prompt() const override { return "server> "; }

  private:
    static std::string from(std::string_view name) { return "<" + std::string(name) + "> "; }
    // Names have no spaces, so nobody's name looks like this.
    static std::string from_to(std::string_view name, std::string_view to) {
        return "<" + std::string(name) + " to " + std::string(to) + "> ";
    }

    void joined(ClientId client, const std::string& name) override {
        output().send_to_all("* " + name + " joined", client);
    }

    void left(ClientId client, const std::string& name, std::string_view how) override {
        output().send_to_all("* " + name + " " + std::string(how), client);
    }

    void renamed(ClientId client, const std::string& before) override {
        output().send_to_all("* " + before + " is now " + name_of(client));
    }

    [[nodiscard]] bool said(ClientId client, std::string_view text) override {
        const std::string head = from(name_of(client));
        const std::string line = head + std::string(text);
        output().send_to_all(line, client);
        output().record(line);
        output().show(head + escaped(text));
        return true;
    }

    void said_privately(ClientId client, std::string_view to, std::string_view text) override {
        if (to.empty() || text.empty()) return output().send(client, "ERROR usage: /msg NAME TEXT");
        const std::string& name = name_of(client);
        if (to == kServerName) return output().show(from_to(name, to) + escaped(text));
        const auto found = find(to);
        if (!found) return output().send(client, "ERROR nobody here is called " + escaped(to));
        output().send(*found, from_to(name, name_of(*found)) + std::string(text));
    }

    void asked_who(ClientId client) override {
        std::string names;
        for (const auto& [id, entry] : clients()) names += (names.empty() ? "" : ", ") + entry.name;
        output().send(client, "* here: " + names);
    }

    [[nodiscard]] Outcome operator_said(std::string_view text) override {
        const std::string line = from(kServerName) + std::string(text);
        output().send_to_all(line);
        output().record(line);
        return Outcome::done;
    }

    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override {
        output().send(client, from_to(kServerName, name_of(client)) + std::string(text));
        return Outcome::done;
    }
};

}  // namespace netlab::problem6
