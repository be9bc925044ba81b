// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/file_descriptor.hpp"
#include "common/line_buffer.hpp"
#include "common/trace.hpp"
#include "problem6/chat.hpp"
#include "problem6/outbox.hpp"

namespace netlab::problem6 {

struct HubOptions {
    bool room = false;
    bool quiet = false;  // joins and leaves are not told to the operator
    std::optional<std::string> auto_reply;
    std::string transcript;  // a path, or ""
};

// Where the threads meet: the chat and everyone's outbox under one mutex, so that there is one
// order of events, the same for all. Nothing in here waits: lines go into outboxes, and the files
// and sockets behind them are other threads' business. Thread-safe.
class Hub : private ChatOutput {
  public:
    // Throws SystemError where the transcript cannot be opened.
    Hub(const HubOptions& options, const Tracer& tracer);

    // A session begins: `outbox` is the client's until leave().
    [[nodiscard]] ClientId join(Outbox& outbox, const std::string& address);
    void announce(ClientId client);
    void leave(ClientId client, std::string_view why);
    void session_over();  // its connection is closed too

    // Lines that a client has sent.
    struct Input {
        LineBuffer lines;
        std::optional<std::string> held;  // a line that waits for its turn
        bool ended = false;               // there will be no more bytes
    };
    struct Taken {
        std::size_t bytes = 0;   // what they became, for each one who gets them
        bool more = false;       // there may be lines left: call again
        bool congested = false;  // and that not at once: others do not keep up
    };
    // Gives the chat the lines whose turn it is; a limited number, so that others get theirs in
    // between. Throws ProtocolError for a line that is too long.
    [[nodiscard]] Taken take_lines(ClientId client, Input& input);
    [[nodiscard]] bool owes_reply(ClientId client) const;

    // The operator's side. In the outbox, lines begin with one of these.
    static constexpr char kMessage = 'm';
    static constexpr char kNotice = 'n';
    [[nodiscard]] Outbox& operator_outbox() { return operator_outbox_; }
    [[nodiscard]] Chat::Outcome operator_line(std::string_view line);
    [[nodiscard]] std::string prompt() const;

    // Tells all clients that the server closes, now and those who still come. After that,
    // wait_until_empty() waits for all sessions to be over.
    void close_all();
    void wait_until_empty(TimePoint deadline);

    [[nodiscard]] bool transcript_failed() const;

  private:
    // Holds mutex_ while something happens, and wakes those whom it concerns at the end.
    class Event {
      public:
        explicit Event(Hub& hub) : hub_(hub), lock_(hub.mutex_) { hub_.now_ = Clock::now(); }
        ~Event() { hub_.wake_all(); }
        Event(const Event&) = delete;
        Event& operator=(const Event&) = delete;

      private:
        Hub& hub_;
        std::lock_guard<std::mutex> lock_;
    };
    void wake_all();

    void send(ClientId to, std::string_view line) override;
    void send_to_all(std::string_view line, ClientId but) override;
    void hang_up(ClientId client) override;
    void show(std::string message) override;
    void notify(std::string notice) override;
    void mention(std::string notice) override;
    void record(std::string_view line) override;
    void stop_server() override;

    void deliver(ClientId to, Outbox& outbox, std::string_view line);
    [[nodiscard]] bool congested();

    const HubOptions options_;
    const Tracer& tracer_;
    Outbox operator_outbox_;

    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::unique_ptr<Chat> chat_;  // guarded by mutex_, like all below
    std::map<ClientId, Outbox*> outboxes_;
    ClientId last_client_ = 0;
    std::size_t sessions_ = 0;
    FileDescriptor transcript_;
    bool transcript_failed_ = false;
    bool closing_ = false;
    bool sent_to_all_ = false;
    bool backed_up_ = false;  // someone may be
    TimePoint now_{};         // of the event that is being dealt with
};

}  // namespace netlab::problem6
