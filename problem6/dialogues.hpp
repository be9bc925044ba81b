// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>

#include "common/text.hpp"
#include "problem6/chat.hpp"

namespace netlab::problem6 {

// The lab's mode: every client has a dialogue of its own with the operator, strictly in turns. The
// client speaks first; after a message a reply has to come before its next one. Clients that wait
// for a reply queue up, and a line of the operator answers the first of them.
class Dialogues final : public Chat {
  public:
    using Chat::Chat;

  private:
    [[nodiscard]] bool waits_for_reply(ClientId client) const override {
        return std::ranges::find(waiting_, client) != waiting_.end();
    }

    [[nodiscard]] std::string make_prompt() const override {
        if (waiting_.empty()) return "(nobody waits)> ";
        const std::string others = waiting_.size() == 1
                                       ? ""
                                       : " (" + std::to_string(waiting_.size() - 1) + " more " +
                                             (waiting_.size() == 2 ? "waits)" : "wait)");
        return "to " + label(waiting_.front()) + others + "> ";
    }

    void forget(ClientId client) noexcept override { std::erase(waiting_, client); }

    [[nodiscard]] bool said(ClientId client, std::string_view text) override {
        if (waits_for_reply(client)) return false;
        const std::string head = "[" + label(client) + "] ";
        record(head + std::string(text));
        show(head + escaped(text));
        waiting_.push_back(client);
        // Answered at once, the message in place of the first %s.
        if (options_.auto_reply) {
            std::string answer = *options_.auto_reply;
            const std::size_t at = answer.find("%s");
            reply(client, at == std::string::npos ? answer : answer.replace(at, 2, text));
        }
        return true;
    }

    void said_privately(ClientId client, std::string_view, std::string_view) override {
        send(client, "ERROR /msg is for a room; here you talk with the server alone");
    }

    void asked_who(ClientId client) override {
        send(client, "* here: " + name_of(client) + ", in a dialogue with server");
    }

    [[nodiscard]] Outcome operator_said(std::string_view text) override {
        if (waiting_.empty()) return Outcome::wait;
        return reply(waiting_.front(), text);
    }

    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override {
        return waits_for_reply(client) ? reply(client, text) : Outcome::wait;
    }

    Outcome reply(ClientId client, std::string_view text) {
        record("[server to " + label(client) + "] " + std::string(text));
        send(client, encode_message(text));
        forget(client);
        return Outcome::done;
    }

    std::deque<ClientId> waiting_;  // for a reply, the longest first
};

}  // namespace netlab::problem6
