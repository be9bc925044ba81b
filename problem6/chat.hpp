// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/line_buffer.hpp"
#include "common/trace.hpp"
#include "problem6/outbox.hpp"
#include "problem6/protocol.hpp"

namespace netlab::problem6 {

using ClientId = std::uint64_t;  // from 1, and never used again

struct ChatOptions {
    bool room = false;
    bool quiet = false;       // joins and leaves are not told to the operator
    bool transcript = false;  // what is said is recorded
    std::optional<std::string> auto_reply{};
};

// Where the threads meet: who is here, and what the lines of clients and of the operator do. This
// is the part that both modes share; Dialogues and Room are the modes. One mutex guards it, so that
// there is one order of events, the same for all. Nothing in here waits or asks for the time: lines
// go into outboxes, and the files and sockets behind them are other threads' business. Thread-safe.
class Chat {
  public:
    Chat(ChatOptions options, const Tracer& tracer);
    virtual ~Chat() = default;

    // A client has connected: `outbox` is its until leave(). It is called guestN until it says
    // otherwise. The others are told once it has said its first line (which may be its name), or
    // with announce(). If it throws (std::bad_alloc), nothing has happened.
    [[nodiscard]] ClientId join(Outbox& outbox, const std::string& address, TimePoint now);
    void announce(ClientId client, TimePoint now);

    // Does nothing if it has left already. `why`: what went wrong, or "". If it throws, the client
    // is gone, though not everybody may have been told.
    void leave(ClientId client, std::string_view why, TimePoint now);

    // Lines that a client has sent.
    struct Input {
        LineBuffer lines;
        std::optional<std::string> held;  // a line that waits for its turn
        bool ended = false;               // there will be no more bytes
    };
    struct Taken {
        std::size_t bytes = 0;   // that these lines add to the outbox of each listener
        bool more = false;       // there may be lines left: call again
        bool congested = false;  // but later: others do not keep up
    };
    // Does what the lines whose turn it is say; a limited number, so that others get theirs in
    // between. Throws ProtocolError for a line that is too long.
    [[nodiscard]] Taken take_lines(ClientId client, Input& input, TimePoint now);

    // True while a message of that client waits for a reply.
    [[nodiscard]] bool owes_reply(ClientId client) const;

    // The operator's side. In the outbox, lines begin with one of these; an empty one tells
    // nothing.
    static constexpr char kMessage = 'm';
    static constexpr char kNotice = 'n';
    static constexpr char kRecord = 'r';  // for the transcript
    [[nodiscard]] Outbox& operator_outbox() { return operator_outbox_; }

    // A line that the operator typed: it was done; it has to wait for a client's message; or there
    // is nobody of that name (yet).
    enum class Outcome { done, wait, absent };
    [[nodiscard]] Outcome operator_line(std::string_view line, TimePoint now);
    // What the operator's next line will do.
    [[nodiscard]] std::string prompt() const;

    // Tells all clients that the server closes, also those that still come.
    void close_all(TimePoint now);

  protected:
    // The modes. mutex_ is held while these run, and all below.
    virtual void forget(ClientId) noexcept {}  // it is gone, and nobody has been told yet
    // False if it is not that client's turn: offered again when something was sent to the client.
    [[nodiscard]] virtual bool said(ClientId client, std::string_view text) = 0;
    virtual void said_privately(ClientId client, std::string_view to, std::string_view text) = 0;
    virtual void asked_who(ClientId client) = 0;
    [[nodiscard]] virtual Outcome operator_said(std::string_view text) = 0;
    [[nodiscard]] virtual Outcome operator_said_to(ClientId client, std::string_view text) = 0;
    [[nodiscard]] virtual bool waits_for_reply(ClientId client) const = 0;
    [[nodiscard]] virtual std::string make_prompt() const = 0;

    struct Client {
        std::string name;
        std::string address;
        Outbox* outbox;
        bool announced = false;
    };
    [[nodiscard]] const std::map<ClientId, Client>& clients() const { return clients_; }
    [[nodiscard]] const std::string& name_of(ClientId client) const {
        return clients_.at(client).name;
    }
    // "3 alice"
    [[nodiscard]] static std::string label(ClientId client, const std::string& name) {
        return std::to_string(client) + " " + name;
    }
    [[nodiscard]] std::string label(ClientId client) const {
        return label(client, name_of(client));
    }
    [[nodiscard]] std::optional<ClientId> find(std::string_view name_or_number) const;

    // Lines are without their newline.
    void send(ClientId to, std::string_view line);
    void send_to_all(std::string_view line, ClientId but = 0);
    void show(const std::string& message);  // to the operator
    void record(const std::string& line);   // raw

    const ChatOptions options_;

  private:
    // Holds mutex_ while something happens; at the end wakes the threads that it concerns, and
    // once others may go on, traces it (--trace).
    class Event {
      public:
        Event(Chat& chat, TimePoint now) : chat_(chat), lock_(chat.mutex_) { chat_.now_ = now; }
        ~Event();

      private:
        Chat& chat_;
        std::unique_lock<std::mutex> lock_;
    };

    void announce(ClientId client, Client& entry);
    [[nodiscard]] bool client_line(ClientId client, std::string_view line);
    void rename(ClientId client, std::string_view name);
    void remove(ClientId client, std::string_view how, std::string_view why);
    [[nodiscard]] Outcome command(std::string_view name, std::string_view rest);
    [[nodiscard]] Outcome address(std::string_view whom, std::string_view text);
    void list();
    void kick(std::string_view whom);

    void notify(const std::string& notice);  // the operator
    void notify_unless_quiet(const std::string& notice);
    void tell_room(const std::string& notice, ClientId but = 0);
    // No turn holds a client back, but what others can take.
    [[nodiscard]] bool speaks_freely() const { return options_.room || options_.auto_reply; }
    void wake_operator() noexcept;
    void deliver(ClientId to, Outbox& outbox, std::string_view line) noexcept;
    void trace(bool sent, ClientId client, std::string_view line) noexcept;
    [[nodiscard]] bool congested();

    const Tracer& tracer_;
    Outbox operator_outbox_;

    mutable std::mutex mutex_;
    std::map<ClientId, Client> clients_;  // guarded by mutex_, like all below
    ClientId last_ = 0;
    std::vector<std::pair<bool, std::string>> traced_;  // sent or received
    bool closing_ = false;
    bool sent_to_all_ = false;
    bool backed_up_ = false;  // somebody may be
    TimePoint now_{};         // of the event that is being dealt with
};

}  // namespace netlab::problem6
