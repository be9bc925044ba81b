// SPDX-License-Identifier: MIT
#include "problem6/chat.hpp"

#include <utility>

#include "common/number.hpp"
#include "common/text.hpp"

namespace netlab::problem6 {

std::string Chat::label(ClientId client, const std::string& name) {
    return std::to_string(client) + " " + name;
}

std::optional<ClientId> Chat::find(std::string_view name_or_number) const {
    const ClientId number = whole_number<ClientId>(name_or_number).value_or(0);
    if (clients_.contains(number)) return number;
    for (const auto& [client, entry] : clients_) {
        if (entry.name == name_or_number) return client;
    }
    return std::nullopt;
}

ClientId Chat::join(std::string address) {
    const ClientId client = last_ + 1;
    ClientId number = client;
    while (find("guest" + std::to_string(number))) ++number;
    clients_.try_emplace(client, Client{"guest" + std::to_string(number), std::move(address)});
    return last_ = client;
}

void Chat::announce(ClientId client) {
    if (const auto found = clients_.find(client); found != clients_.end()) {
        announce(client, found->second);
    }
}

void Chat::announce(ClientId client, Client& entry) {
    if (std::exchange(entry.announced, true)) return;
    output_.notify_unless_quiet("* " + label(client, entry.name) + " joined from " + entry.address);
    joined(client, entry.name);
}

void Chat::leave(ClientId client, std::string_view why) {
    if (clients_.contains(client)) remove(client, "left", why);
}

void Chat::remove(ClientId client, std::string_view how, std::string_view why) {
    // Removed first, then announced: a client is there or not, also if memory runs out in between.
    auto node = clients_.extract(client);
    Client& gone = node.mapped();
    forget(client);

    announce(client, gone);
    left(client, gone.name, how);
    const std::string notice = "* " + label(client, gone.name) + " " + std::string(how);
    if (why.empty()) {
        output_.notify_unless_quiet(notice);
    } else {
        output_.notify(notice + ": " + escaped(why));
    }
}

void Chat::rename(ClientId client, std::string_view name) {
    if (name == name_of(client)) return;
    auto problem = validate_name(name);
    if (!problem && find(name)) problem = "someone is called that already";
    if (problem) return output_.send(client, "ERROR " + *problem + ": " + escaped(name));

    Client& entry = clients_.at(client);
    const std::string before = std::exchange(entry.name, std::string(name));
    if (entry.announced) {
        output_.notify_unless_quiet("* " + std::to_string(client) + " " + before + " is now " +
                                    std::string(name));
        renamed(client, before);
    }
}

bool Chat::client_line(ClientId client, std::string_view text) {
    if (!clients_.contains(client)) return true;  // it was kicked: what it has said does not count
    const ClientLine line = parse_client_line(text);
    if (line.kind == ClientLine::Kind::nick) rename(client, line.name);
    announce(client);
    switch (line.kind) {
        case ClientLine::Kind::empty:
        case ClientLine::Kind::nick:
            break;
        case ClientLine::Kind::message:
            return said(client, line.text);
        case ClientLine::Kind::private_message:
            said_privately(client, line.name, line.text);
            break;
        case ClientLine::Kind::who:
            asked_who(client);
            break;
        case ClientLine::Kind::quit:
            remove(client, "left", "");
            output_.disconnect(client);
            break;
        case ClientLine::Kind::unknown:
            output_.send(client, "ERROR unknown command: " + escaped(line.name.substr(0, 100)));
    }
    return true;
}

Chat::Outcome Chat::operator_line(std::string_view line) {
    if (line.empty()) return Outcome::done;
    if (line.starts_with("//")) return operator_said(line.substr(1));
    std::string_view rest = line;
    const std::string_view first = take_word(rest);
    if (first.starts_with('/')) return command(first, rest);
    if (first.starts_with('@') && first.size() > 1) return address(first.substr(1), rest);
    return operator_said(line);
}

Chat::Outcome Chat::command(std::string_view name, std::string_view rest) {
    if (name == "/all" && !rest.empty()) {
        output_.send_to_all("* " + std::string(rest));
    } else if (name == "/list") {
        list();
    } else if (name == "/kick") {
        kick(rest);
    } else if (name == "/quit") {
        output_.stop_server();
    } else {
        output_.notify((name == "/help" ? "there are"
                                        : "not a command: " + escaped(name) + ": /" +
                                              escaped(name) + " sends it as a message; there are") +
                       std::string(" /all TEXT, /list, /kick WHOM, /quit, @WHOM TEXT"));
    }
    return Outcome::done;
}

Chat::Outcome Chat::address(std::string_view whom, std::string_view text) {
    if (const auto client = find(whom)) {
        if (!text.empty()) return operator_said_to(*client, text);
        output_.notify("say something: @" + escaped(whom) + " TEXT");
        return Outcome::done;
    }
    const ClientId number = whole_number<ClientId>(whom).value_or(0);
    if (number == 0 || number > last_) return Outcome::absent;
    output_.notify("client " + escaped(whom) + " has left: not sent: " + escaped(text));
    return Outcome::done;
}

void Chat::list() const {
    for (const auto& [client, entry] : clients_) {
        output_.notify("  " + label(client, entry.name) + " " + entry.address +
                       (owes_reply(client) ? " waits for a reply" : ""));
    }
    output_.notify(std::to_string(clients_.size()) +
                   (clients_.size() == 1 ? " client" : " clients"));
}

void Chat::kick(std::string_view whom) {
    if (whom.empty()) return output_.notify("nobody named: /kick 3, or /kick alice");
    const auto client = find(whom);
    if (!client) return output_.notify("no such client: " + escaped(whom));
    output_.send(*client, "ERROR kicked by the operator");
    remove(*client, "was kicked", "");
    output_.disconnect(*client);
}

}  // namespace netlab::problem6
