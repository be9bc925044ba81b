// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/line_buffer.hpp"
#include "common/trace.hpp"
#include "problem6/chat.hpp"
#include "problem6/outbox.hpp"
#include "problem6/transcript.hpp"

namespace netlab::problem6 {

struct HubOptions {
    bool room = false;
    bool quiet = false;  // joins and leaves are not told to the operator
    std::optional<std::string> auto_reply;
};

// Where the threads meet: the chat and everyone's outbox under one mutex, so that there is one
// order of events, the same for all. Nothing in here waits or asks for the time: lines go into
// outboxes, and the files and sockets behind them are other threads' business. Thread-safe.
class Hub : private ChatOutput {
  public:
    // `transcript`: or nullptr.
    Hub(const HubOptions& options, const Tracer& tracer, Transcript* transcript = nullptr);

    // A session begins: `outbox` is the client's until leave(). If it throws (std::bad_alloc),
    // nothing has happened.
    [[nodiscard]] ClientId join(Outbox& outbox, const std::string& address, TimePoint now);
    void announce(ClientId client, TimePoint now);
    // `outbox` may go, even if it throws.
    void leave(ClientId client, std::string_view why, TimePoint now);

    // Lines that a client has sent.
    struct Input {
        LineBuffer lines;
        std::optional<std::string> held;  // a line that waits for its turn
        bool ended = false;               // there will be no more bytes
    };
    struct Taken {
        std::size_t bytes = 0;   // what they became, for each one who gets them
        bool more = false;       // there may be lines left: call again
        bool congested = false;  // but later: others do not keep up
    };
    // Gives the chat the lines whose turn it is; a limited number, so that others get theirs in
    // between. Throws ProtocolError for a line that is too long.
    [[nodiscard]] Taken take_lines(ClientId client, Input& input, TimePoint now);
    [[nodiscard]] bool owes_reply(ClientId client) const;

    // The operator's side. In the outbox, lines begin with one of these.
    static constexpr char kMessage = 'm';
    static constexpr char kNotice = 'n';
    [[nodiscard]] Outbox& operator_outbox() { return operator_outbox_; }
    [[nodiscard]] Chat::Outcome operator_line(std::string_view line, TimePoint now);
    [[nodiscard]] std::string prompt() const;

    // Tells all clients that the server closes, also those that still come.
    void close_all(TimePoint now);

  private:
    // Holds mutex_ while something happens; at the end wakes the threads that it concerns, and
    // once others may go on, traces it (--trace).
    class Event {
      public:
        Event(Hub& hub, TimePoint now) : hub_(hub), lock_(hub.mutex_) { hub_.now_ = now; }
        ~Event();

      private:
        Hub& hub_;
        std::unique_lock<std::mutex> lock_;
    };
    void wake_all() noexcept;
    void trace(bool sent, ClientId client, std::string_view line) noexcept;

    void send(ClientId to, std::string_view line) override;
    void send_to_all(std::string_view line, ClientId but) override;
    void disconnect(ClientId client) override;
    void show(std::string message) override;
    void notify(std::string notice) override;
    void notify_unless_quiet(std::string notice) override;
    void record(std::string_view line) override;
    void stop_server() override;

    void deliver(ClientId to, Outbox& outbox, std::string_view line) noexcept;
    [[nodiscard]] bool congested();

    const HubOptions options_;
    const Tracer& tracer_;
    Transcript* const transcript_;
    Outbox operator_outbox_;

    mutable std::mutex mutex_;
    std::unique_ptr<Chat> chat_;  // guarded by mutex_, like all below
    std::map<ClientId, Outbox*> outboxes_;
    std::vector<std::pair<bool, std::string>> traced_;  // sent or received
    bool closing_ = false;
    bool sent_to_all_ = false;
    bool backed_up_ = false;  // somebody may be
    TimePoint now_{};         // of the event that is being dealt with
};

}  // namespace netlab::problem6
