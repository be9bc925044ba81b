// SPDX-License-Identifier: MIT
#include "problem6/hub.hpp"

#include <algorithm>
#include <utility>

#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem6/dialogues.hpp"
#include "problem6/room.hpp"

namespace netlab::problem6 {

namespace {

// What one client may say, in bytes, before another one gets the mutex.
constexpr std::size_t kMaxAtOnce = 64 * 1024;

// What a line in the room has in front, "<name> ", and its newline, at most (in characters).
constexpr std::size_t kLineOverhead = 36;

// How long speakers wait for listeners that read nothing: for a few, or for more than a quarter.
constexpr Duration kMaxWaitForFew = milliseconds(30);
constexpr Duration kMaxWaitForMany = seconds(1);

// In dialogues each client has at most one message there, so that this holds a thousand of the
// largest; in a room the operator's screen is one listener among others.
constexpr std::size_t kDialoguesLimit = 128 * 1024 * 1024;

// In bytes, beyond the limit: why a client was dropped has to be told even if its messages have
// filled the operator's outbox.
constexpr std::size_t kRoomForNotices = 1024 * 1024;

}  // namespace

Hub::Hub(const HubOptions& options, const Tracer& tracer, Transcript* transcript)
    : options_(options),
      tracer_(tracer),
      transcript_(transcript),
      operator_outbox_(options.room ? Outbox::kLimit : kDialoguesLimit) {
    ChatOutput& output = *this;
    if (options.room) {
        chat_ = std::make_unique<Room>(output);
    } else {
        chat_ = std::make_unique<Dialogues>(output, options.auto_reply);
    }
}

Hub::Event::~Event() {
    hub_.wake_all();
    const auto traced = std::exchange(hub_.traced_, {});
    lock_.unlock();
    for (const auto& [sent, text] : traced) {
        sent ? hub_.tracer_.sent(text) : hub_.tracer_.received(text);
    }
}

ClientId Hub::join(Outbox& outbox, const std::string& address, TimePoint now) {
    const Event event(*this, now);
    const ClientId client = chat_->join(address);
    try {
        outboxes_.emplace(client, &outbox);
    } catch (const std::bad_alloc&) {
        chat_->leave(client, "");
        throw;
    }
    operator_outbox_.request_wake();  // whose next line may be for this client
    if (closing_) {
        deliver(client, outbox, kClosingNotice);
        outbox.close();
    }
    return client;
}

void Hub::announce(ClientId client, TimePoint now) {
    const Event event(*this, now);
    if (!closing_) chat_->announce(client);
}

void Hub::leave(ClientId client, std::string_view why, TimePoint now) {
    const Event event(*this, now);
    outboxes_.erase(client);
    // When all leave, nobody is left to be told, and it would be a thousand times a thousand
    // notices.
    if (!closing_) chat_->leave(client, why);
}

Hub::Taken Hub::take_lines(ClientId client, Input& input, TimePoint now) {
    const Event event(*this, now);
    Taken taken;
    while (!closing_) {
        if (taken.bytes >= kMaxAtOnce) return {taken.bytes, true, false};
        if (options_.room && congested()) return {taken.bytes, true, true};

        std::optional<std::string_view> line = input.held;
        if (!line) line = input.lines.next();
        if (!line && input.ended) line = input.lines.last();
        if (!line) return taken;
        if (!chat_->client_line(client, *line)) {
            if (!input.held) input.held = std::string(*line);
            return taken;
        }
        trace(false, client, *line);
        taken.bytes += line->size() + kLineOverhead;
        input.held.reset();
    }
    return taken;
}

bool Hub::owes_reply(ClientId client) const {
    const std::lock_guard lock(mutex_);
    return chat_->owes_reply(client);
}

Chat::Outcome Hub::operator_line(std::string_view line, TimePoint now) {
    const Event event(*this, now);
    return chat_->operator_line(line);
}

std::string Hub::prompt() const {
    const std::lock_guard lock(mutex_);
    return chat_->prompt();
}

void Hub::close_all(TimePoint now) {
    const Event event(*this, now);
    if (std::exchange(closing_, true)) return;
    send_to_all(kClosingNotice, 0);
    for (const auto& [client, outbox] : outboxes_) outbox->close();
    operator_outbox_.close();
}

// From here on mutex_ is held: the chat calls these while it deals with an event.

// Whether to wait for listeners before more is said. A few that read nothing at all are frozen, and
// will be dropped; if there are many, it is the machine that is busy.
bool Hub::congested() {
    if (!std::exchange(backed_up_, false)) return false;
    std::size_t count = 0;
    TimePoint latest{};
    const auto look_at = [&](const Outbox& outbox) {
        const auto since = outbox.backed_up_since();
        if (!since) return;
        ++count;
        latest = std::max(latest, *since);
    };
    look_at(operator_outbox_);
    for (const auto& [client, outbox] : outboxes_) look_at(*outbox);
    backed_up_ = count > 0;
    const bool few = count * 4 <= outboxes_.size() + 1;
    return backed_up_ && now_ - latest < (few ? kMaxWaitForFew : kMaxWaitForMany);
}

void Hub::wake_all() noexcept {
    operator_outbox_.wake();
    if (!std::exchange(sent_to_all_, false)) return;
    for (const auto& [client, outbox] : outboxes_) outbox->wake();
}

void Hub::trace(bool sent, ClientId client, std::string_view line) noexcept {
    if (!tracer_.on()) return;
    try {
        traced_.emplace_back(sent, "[" + std::to_string(client) + "] " + escaped(line));
    } catch (const std::bad_alloc&) {
        return;  // the line matters more than its trace
    }
}

void Hub::deliver(ClientId to, Outbox& outbox, std::string_view line) noexcept {
    trace(true, to, line);
    backed_up_ |= outbox.push(line, now_);
}

void Hub::send(ClientId to, std::string_view line) {
    if (const auto found = outboxes_.find(to); found != outboxes_.end()) {
        deliver(to, *found->second, line);
        found->second->wake();
    }
}

void Hub::send_to_all(std::string_view line, ClientId but) {
    sent_to_all_ = true;
    for (const auto& [client, outbox] : outboxes_) {
        if (client != but) deliver(client, *outbox, line);
    }
}

void Hub::disconnect(ClientId client) {
    if (const auto found = outboxes_.find(client); found != outboxes_.end()) {
        found->second->close();
    }
}

void Hub::show(std::string message) {
    backed_up_ |= operator_outbox_.push(kMessage + message, now_);
}

void Hub::notify(std::string notice) {
    backed_up_ |= operator_outbox_.push(kNotice + notice, now_, kRoomForNotices);
}

void Hub::notify_unless_quiet(std::string notice) {
    if (!options_.quiet) return notify(std::move(notice));
    // A line of the operator's that has waited for this client can be carried out now, or never.
    operator_outbox_.request_wake();
}

void Hub::record(std::string_view line) {
    if (transcript_ != nullptr) transcript_->add(line);
}

void Hub::stop_server() {
    request_stop();
}

}  // namespace netlab::problem6
