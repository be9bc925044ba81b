// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/text.hpp"
#include "problem6/chat.hpp"

namespace netlab::problem6 {

// The lab's mode: every client has a dialogue of its own with the operator, strictly in turns. The
// client speaks first; after a message a reply has to come before its next one. Clients that wait
// for a reply queue up, and a line of the operator answers the first of them.
class Dialogues final : public Chat {
  public:
    // With an `auto_reply` every message is answered with it at once, the message in place of the
    // first %s.
    Dialogues(ChatOutput& output, std::optional<std::string> auto_reply)
        : Chat(output), auto_reply_(std::move(auto_reply)) {}

    [[nodiscard]] bool owes_reply(ClientId client) const override {
        return std::ranges::find(waiting_, client) != waiting_.end();
    }

    [[nodiscard]] std::string prompt() const override {
        if (waiting_.empty()) return "(nobody waits)> ";
        const std::string others = waiting_.size() == 1
                                       ? ""
                                       : " (" + std::to_string(waiting_.size() - 1) + " more " +
                                             (waiting_.size() == 2 ? "waits)" : "wait)");
        return "to " + label(waiting_.front()) + others + "> ";
    }

  private:
    void forget(ClientId client) noexcept override {
        std::erase(waiting_, client);
        told_to_wait_.erase(client);
    }

    [[nodiscard]] bool said(ClientId client, std::string_view text) override {
        if (owes_reply(client)) {
            if (told_to_wait_.insert(client).second) {
                output().send(client, "* the reply comes first: your next line waits for it");
            }
            return false;
        }
        const std::string head = "[" + label(client) + "] ";
        output().record(head + std::string(text));
        output().show(head + escaped(text));
        waiting_.push_back(client);
        if (auto_reply_) {
            std::string answer = *auto_reply_;
            const std::size_t at = answer.find("%s");
            reply(client, at == std::string::npos ? answer : answer.replace(at, 2, text));
        }
        return true;
    }

    void said_privately(ClientId client, std::string_view, std::string_view) override {
        output().send(client, "ERROR /msg is for a room; here you talk with the server alone");
    }

    void asked_who(ClientId client) override {
        output().send(client, "* here: " + name_of(client) + ", in a dialogue with server");
    }

    [[nodiscard]] Outcome operator_said(std::string_view text) override {
        if (waiting_.empty()) return Outcome::wait;
        return reply(waiting_.front(), text);
    }

    [[nodiscard]] Outcome operator_said_to(ClientId client, std::string_view text) override {
        return owes_reply(client) ? reply(client, text) : Outcome::wait;
    }

    Outcome reply(ClientId client, std::string_view text) {
        output().record("[server to " + label(client) + "] " + std::string(text));
        output().send(client, encode_message(text));
        forget(client);
        return Outcome::done;
    }

    const std::optional<std::string> auto_reply_;
    std::deque<ClientId> waiting_;     // for a reply, the longest first
    std::set<ClientId> told_to_wait_;  // those of them that were told that a line came too early
};

}  // namespace netlab::problem6
