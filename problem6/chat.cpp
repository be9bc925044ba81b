// SPDX-License-Identifier: MIT
#include "problem6/chat.hpp"

#include <algorithm>

#include "common/number.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem6 {

namespace {

// What one client may say, in bytes, before another one gets the mutex.
constexpr std::size_t kMaxAtOnce = 64 * 1024;

// What a line in the room has in front, "<name> ", and its newline, at most (in characters).
constexpr std::size_t kLineOverhead = 36;

// How long speakers wait for listeners that read nothing: for a few, or for more than a quarter.
constexpr Duration kMaxWaitForFew = milliseconds(30);
constexpr Duration kMaxWaitForMany = seconds(1);

// If each client has at most one message there, this holds a thousand of the largest; else the
// operator's screen is one listener among others.
constexpr std::size_t kDialoguesLimit = 128 * 1024 * 1024;

// In bytes, beyond the limit: why a client was dropped has to be told even if its messages have
// filled the operator's outbox.
constexpr std::size_t kRoomForNotices = 1024 * 1024;

}  // namespace

Chat::Chat(ChatOptions options, const Tracer& tracer)
    : options_(std::move(options)),
      tracer_(tracer),
      operator_outbox_(options_.room ? Outbox::kLimit : kDialoguesLimit) {}

Chat::Event::~Event() {
    chat_.operator_outbox_.wake();
    if (std::exchange(chat_.sent_to_all_, false)) {
        for (const auto& [client, entry] : chat_.clients_) entry.outbox->wake();
    }
    const auto traced = std::exchange(chat_.traced_, {});
    lock_.unlock();
    for (const auto& [sent, text] : traced) {
        sent ? chat_.tracer_.sent(text) : chat_.tracer_.received(text);
    }
}

ClientId Chat::join(Outbox& outbox, const std::string& address, TimePoint now) {
    const Event event(*this, now);
    const ClientId client = last_ + 1;
    ClientId number = client;
    while (find("guest" + std::to_string(number))) ++number;
    clients_.try_emplace(client, Client{"guest" + std::to_string(number), address, &outbox});
    last_ = client;
    wake_operator();
    if (closing_) {
        deliver(client, outbox, kClosingNotice);
        outbox.close();
    }
    return client;
}

void Chat::announce(ClientId client, TimePoint now) {
    const Event event(*this, now);
    const auto found = clients_.find(client);
    if (found != clients_.end() && !closing_) announce(client, found->second);
}

void Chat::leave(ClientId client, std::string_view why, TimePoint now) {
    const Event event(*this, now);
    if (!clients_.contains(client)) return;
    if (!closing_) return remove(client, "left", why);
    // When all leave, nobody is left to be told, and it would be a thousand times a thousand
    // notices.
    clients_.erase(client);
    forget(client);
}

Chat::Taken Chat::take_lines(ClientId client, Input& input, TimePoint now) {
    const Event event(*this, now);
    Taken taken;
    while (!closing_) {
        if (taken.bytes >= kMaxAtOnce) return {taken.bytes, true, false};
        if (speaks_freely() && congested()) return {taken.bytes, true, true};

        std::optional<std::string_view> line = input.held;
        if (!line) line = input.lines.next();
        if (!line && input.ended) line = input.lines.last();
        if (!line) return taken;
        if (!client_line(client, *line)) {
            if (!input.held) {
                input.held = std::string(*line);
                send(client, "* the reply comes first: your next line waits for it");
            }
            return taken;
        }
        trace(false, client, *line);
        taken.bytes += line->size() + kLineOverhead;
        input.held.reset();
    }
    return taken;
}

bool Chat::owes_reply(ClientId client) const {
    const std::lock_guard lock(mutex_);
    return waits_for_reply(client);
}

std::string Chat::prompt() const {
    const std::lock_guard lock(mutex_);
    return make_prompt();
}

void Chat::close_all(TimePoint now) {
    const Event event(*this, now);
    if (std::exchange(closing_, true)) return;
    send_to_all(kClosingNotice);
    for (const auto& [client, entry] : clients_) entry.outbox->close();
    operator_outbox_.close();
}

Chat::Outcome Chat::operator_line(std::string_view line, TimePoint now) {
    const Event event(*this, now);
    if (line.empty()) return Outcome::done;
    if (line.size() > kMaxLine) {
        notify("not sent: a message has at most " + std::to_string(kMaxLine) + " bytes");
        return Outcome::done;
    }
    if (line.starts_with("//")) return operator_said(line.substr(1));
    std::string_view rest = line;
    const std::string_view first = take_word(rest);
    if (first.starts_with('/')) return command(first, rest);
    if (first.starts_with('@') && first.size() > 1) return address(first.substr(1), rest);
    return operator_said(line);
}

// From here on mutex_ is held.

void Chat::announce(ClientId client, Client& entry) {
    if (std::exchange(entry.announced, true)) return;
    notify_unless_quiet("* " + label(client, entry.name) + " joined from " + entry.address);
    tell_room(entry.name + " joined", client);
}

bool Chat::client_line(ClientId client, std::string_view text) {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return true;  // it was kicked: what it has said does not count
    const ClientLine line = parse_client_line(text);
    if (line.kind == ClientLine::Kind::nick) rename(client, line.name);
    announce(client, found->second);
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
            found->second.outbox->close();
            remove(client, "left", "");
            break;
        case ClientLine::Kind::unknown:
            send(client, "ERROR unknown command: " + escaped(line.name.substr(0, 100)) +
                             ": there are /nick NAME, /who, /msg NAME TEXT (in a room), /quit; a "
                             "message that begins with / gets one more");
    }
    return true;
}

void Chat::rename(ClientId client, std::string_view name) {
    if (name == name_of(client)) return;
    auto problem = validate_name(name);
    if (!problem && find(name)) problem = "someone is called that already";
    if (problem) return send(client, "ERROR " + *problem + ": " + escaped(name));

    Client& entry = clients_.at(client);
    const std::string before = std::exchange(entry.name, std::string(name));
    if (entry.announced) {
        notify_unless_quiet("* " + label(client, before) + " is now " + entry.name);
        tell_room(before + " is now " + entry.name);
    }
}

void Chat::remove(ClientId client, std::string_view how, std::string_view why) {
    // Removed first, then announced: a client is there or not, also if memory runs out in between.
    auto node = clients_.extract(client);
    Client& gone = node.mapped();
    forget(client);

    announce(client, gone);
    tell_room(gone.name + " " + std::string(how));
    const std::string notice = "* " + label(client, gone.name) + " " + std::string(how);
    if (why.empty()) {
        notify_unless_quiet(notice);
    } else {
        notify(notice + ": " + escaped(why));
    }
}

std::optional<ClientId> Chat::find(std::string_view name_or_number) const {
    const ClientId number = whole_number<ClientId>(name_or_number).value_or(0);
    if (clients_.contains(number)) return number;
    for (const auto& [client, entry] : clients_) {
        if (entry.name == name_or_number) return client;
    }
    return std::nullopt;
}

Chat::Outcome Chat::command(std::string_view name, std::string_view rest) {
    if (name == "/all" && !rest.empty()) {
        send_to_all("* " + std::string(rest));
    } else if (name == "/list") {
        list();
    } else if (name == "/kick") {
        kick(rest);
    } else if (name == "/quit") {
        request_stop();
    } else {
        notify((name == "/help" ? "there are"
                                : "not a command: " + escaped(name) + ": /" + escaped(name) +
                                      " sends it as a message; there are") +
               std::string(" /all TEXT, /list, /kick WHOM, /quit, @WHOM TEXT"));
    }
    return Outcome::done;
}

Chat::Outcome Chat::address(std::string_view whom, std::string_view text) {
    if (const auto client = find(whom)) {
        if (!text.empty()) return operator_said_to(*client, text);
        notify("say something: @" + escaped(whom) + " TEXT");
        return Outcome::done;
    }
    const ClientId number = whole_number<ClientId>(whom).value_or(0);
    if (number == 0 || number > last_) return Outcome::absent;
    notify("client " + escaped(whom) + " has left: not sent: " + escaped(text));
    return Outcome::done;
}

void Chat::list() {
    for (const auto& [client, entry] : clients_) {
        notify("  " + label(client, entry.name) + " " + entry.address +
               (waits_for_reply(client) ? " waits for a reply" : ""));
    }
    notify(std::to_string(clients_.size()) + (clients_.size() == 1 ? " client" : " clients"));
}

void Chat::kick(std::string_view whom) {
    if (whom.empty()) return notify("nobody named: /kick 3, or /kick alice");
    const auto client = find(whom);
    if (!client) return notify("no such client: " + escaped(whom));
    send(*client, "ERROR kicked by the operator");
    clients_.at(*client).outbox->close();
    remove(*client, "was kicked", "");
}

void Chat::send(ClientId to, std::string_view line) {
    Outbox& outbox = *clients_.at(to).outbox;
    deliver(to, outbox, line);
    outbox.wake();
}

void Chat::send_to_all(std::string_view line, ClientId but) {
    sent_to_all_ = true;
    for (const auto& [client, entry] : clients_) {
        if (client != but) deliver(client, *entry.outbox, line);
    }
}

void Chat::deliver(ClientId to, Outbox& outbox, std::string_view line) noexcept {
    trace(true, to, line);
    backed_up_ |= outbox.push(line, now_);
}

void Chat::show(const std::string& message) {
    backed_up_ |= operator_outbox_.push(kMessage + message, now_);
}

void Chat::record(const std::string& line) {
    if (options_.transcript) backed_up_ |= operator_outbox_.push(kRecord + line, now_);
}

void Chat::notify(const std::string& notice) {
    backed_up_ |= operator_outbox_.push(kNotice + notice, now_, kRoomForNotices);
}

void Chat::notify_unless_quiet(const std::string& notice) {
    options_.quiet ? wake_operator() : notify(notice);
}

void Chat::tell_room(const std::string& notice, ClientId but) {
    if (options_.room) send_to_all("* " + notice, but);
}

// A line of the operator's that has waited for a client may be carried out now, or never.
void Chat::wake_operator() noexcept {
    operator_outbox_.push("", now_, kRoomForNotices);
}

void Chat::trace(bool sent, ClientId client, std::string_view line) noexcept {
    if (!tracer_.on()) return;
    try {
        traced_.emplace_back(sent, "[" + std::to_string(client) + "] " + escaped(line));
    } catch (const std::bad_alloc&) {
        return;  // the line matters more than its trace
    }
}

// Whether to wait for listeners before more is said. A few that read nothing at all are frozen, and
// will be dropped; if there are many, it is the machine that is busy.
bool Chat::congested() {
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
    for (const auto& [client, entry] : clients_) look_at(*entry.outbox);
    backed_up_ = count > 0;
    const bool few = count * 4 <= clients_.size() + 1;
    return backed_up_ && now_ - latest < (few ? kMaxWaitForFew : kMaxWaitForMany);
}

}  // namespace netlab::problem6
