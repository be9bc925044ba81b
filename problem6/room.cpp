// SPDX-License-Identifier: MIT
#include "problem6/room.hpp"

#include "common/text.hpp"

namespace netlab::problem6 {

namespace {

std::string from(std::string_view name) {
    return "<" + std::string(name) + "> ";
}

// Names have no spaces, so nobody's name looks like this.
std::string from_to(std::string_view name, std::string_view to) {
    return "<" + std::string(name) + " to " + std::string(to) + "> ";
}

}  // namespace

void Room::joined(ClientId client, const std::string& name) {
    output().send_to_all("* " + name + " joined", client);
}

void Room::left(ClientId client, const std::string& name, std::string_view how) {
    output().send_to_all("* " + name + " " + std::string(how), client);
}

void Room::renamed(ClientId client, const std::string& before) {
    output().send_to_all("* " + before + " is now " + name_of(client));
}

bool Room::said(ClientId client, std::string_view text) {
    const std::string head = from(name_of(client));
    const std::string line = head + std::string(text);
    output().send_to_all(line, client);
    output().record(line);
    output().show(head + escaped(text));
    return true;
}

void Room::said_privately(ClientId client, std::string_view to, std::string_view text) {
    if (to.empty() || text.empty()) return output().send(client, "ERROR usage: /msg NAME TEXT");
    const std::string& name = name_of(client);
    if (to == kServerName) return output().show(from_to(name, to) + escaped(text));
    const auto found = find(to);
    if (!found) return output().send(client, "ERROR nobody here is called " + escaped(to));
    output().send(*found, from_to(name, name_of(*found)) + std::string(text));
}

void Room::asked_who(ClientId client) {
    std::string names;
    for (const auto& [id, entry] : clients()) names += (names.empty() ? "" : ", ") + entry.name;
    output().send(client, "* here: " + names);
}

Chat::Outcome Room::operator_said(std::string_view text) {
    const std::string line = from(kServerName) + std::string(text);
    output().send_to_all(line);
    output().record(line);
    return Outcome::done;
}

Chat::Outcome Room::operator_said_to(ClientId client, std::string_view text) {
    output().send(client, from_to(kServerName, name_of(client)) + std::string(text));
    return Outcome::done;
}

}  // namespace netlab::problem6
