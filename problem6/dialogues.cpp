// SPDX-License-Identifier: MIT
#include "problem6/dialogues.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace netlab::problem6 {

bool Dialogues::owes_reply(ClientId client) const {
    return std::ranges::find(waiting_, client) != waiting_.end();
}

std::string Dialogues::prompt() const {
    if (waiting_.empty()) return "(nobody waits)> ";
    const std::string others = waiting_.size() == 1
                                   ? ""
                                   : " (" + std::to_string(waiting_.size() - 1) + " more " +
                                         (waiting_.size() == 2 ? "waits)" : "wait)");
    return "to " + label(waiting_.front()) + others + "> ";
}

void Dialogues::forget(ClientId client) noexcept {
    std::erase(waiting_, client);
    told_to_wait_.erase(client);
}

bool Dialogues::said(ClientId client, std::string_view text) {
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

void Dialogues::said_privately(ClientId client, std::string_view, std::string_view) {
    output().send(client, "ERROR /msg is for a room; here you talk with the server alone");
}

void Dialogues::asked_who(ClientId client) {
    output().send(client, "* here: " + name_of(client) + ", in a dialogue with server");
}

Chat::Outcome Dialogues::operator_said(std::string_view text) {
    if (waiting_.empty()) return Outcome::wait;
    reply(waiting_.front(), text);
    return Outcome::done;
}

Chat::Outcome Dialogues::operator_said_to(ClientId client, std::string_view text) {
    if (!owes_reply(client)) return Outcome::wait;
    reply(client, text);
    return Outcome::done;
}

void Dialogues::reply(ClientId client, std::string_view text) {
    const std::string line = encode_message(text);
    output().record("[server to " + label(client) + "] " + std::string(text));
    output().send(client, line);
    forget(client);
}

}  // namespace netlab::problem6
