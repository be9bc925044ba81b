// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "problem6/protocol.hpp"

namespace netlab::problem6 {

using ClientId = std::uint64_t;  // from 1, and never used again

// Where a Chat's decisions go. Lines are without their newline.
class ChatOutput {
  public:
    virtual ~ChatOutput() = default;
    virtual void send(ClientId to, std::string_view line) = 0;
    virtual void send_to_all(std::string_view line, ClientId but = 0) = 0;
    // Ends a client's connection, after all that was sent to it.
    virtual void disconnect(ClientId client) = 0;
    // To the operator; the last one only without --quiet.
    virtual void show(std::string message) = 0;
    virtual void notify(std::string notice) = 0;
    virtual void notify_unless_quiet(std::string notice) = 0;
    virtual void record(std::string_view line) = 0;
    virtual void stop_server() = 0;
};

// Who is here, and what the lines of clients and of the operator do: the part that both modes
// share. Knows no socket, no clock and no thread; Dialogues and Room are the modes.
class Chat {
  public:
    explicit Chat(ChatOutput& output) : output_(output) {}
    virtual ~Chat() = default;
    Chat(const Chat&) = delete;
    Chat& operator=(const Chat&) = delete;

    // A client has connected; it is called guestN until it says otherwise. The others are told once
    // it has said its first line (which may be its name), or with announce(). If it throws
    // (std::bad_alloc), nothing has happened.
    ClientId join(std::string address);
    void announce(ClientId client);

    // Does nothing if it has left already. `why`: what went wrong, or "". If it throws, the client
    // is gone, though not everybody may have been told.
    void leave(ClientId client, std::string_view why);

    // A line that a client sent. False if it is not that client's turn: offer it again when
    // something has been sent to the client.
    [[nodiscard]] bool client_line(ClientId client, std::string_view line);

    // True while a message of that client waits for a reply.
    [[nodiscard]] virtual bool owes_reply(ClientId client) const = 0;

    // A line that the operator typed: it was done; it has to wait for a client's message; or there
    // is nobody of that name (yet).
    enum class Outcome { done, wait, absent };
    [[nodiscard]] Outcome operator_line(std::string_view line);

    // What the operator's next line will do.
    [[nodiscard]] virtual std::string prompt() const = 0;

  protected:
    struct Client {
        std::string name;
        std::string address;
        bool announced = false;
    };

    virtual void joined(ClientId, const std::string&) {}
    virtual void forget(ClientId) noexcept {}  // it is gone, and nobody has been told yet
    virtual void left(ClientId, const std::string&, std::string_view) {}
    virtual void renamed(ClientId, const std::string&) {}
    [[nodiscard]] virtual bool said(ClientId client, std::string_view text) = 0;
    virtual void said_privately(ClientId client, std::string_view to, std::string_view text) = 0;
    virtual void asked_who(ClientId client) = 0;
    [[nodiscard]] virtual Outcome operator_said(std::string_view text) = 0;
    [[nodiscard]] virtual Outcome operator_said_to(ClientId client, std::string_view text) = 0;

    [[nodiscard]] const std::string& name_of(ClientId client) const {
        return clients_.at(client).name;
    }
    // "3 alice"
    [[nodiscard]] static std::string label(ClientId client, const std::string& name);
    [[nodiscard]] std::string label(ClientId client) const {
        return label(client, name_of(client));
    }
    [[nodiscard]] std::optional<ClientId> find(std::string_view name_or_number) const;
    [[nodiscard]] const std::map<ClientId, Client>& clients() const { return clients_; }
    [[nodiscard]] ChatOutput& output() const { return output_; }

  private:
    void announce(ClientId client, Client& entry);
    void rename(ClientId client, std::string_view name);
    [[nodiscard]] Outcome command(std::string_view name, std::string_view rest);
    [[nodiscard]] Outcome address(std::string_view whom, std::string_view text);
    void list() const;
    void kick(std::string_view whom);
    void remove(ClientId client, std::string_view how, std::string_view why);

    ChatOutput& output_;
    std::map<ClientId, Client> clients_;
    ClientId last_ = 0;
};

}  // namespace netlab::problem6
