// SPDX-License-Identifier: MIT
#include "problem4/session_table.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/summary.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace netlab::problem4 {

SessionTable::SessionTable(const Options& options, const HashKey& secret, Output output)
    : options_(options), secret_(secret), output_(std::move(output)) {}

// The number that only who receives at this address can know: so a START with it proves that the
// sender is there, and nothing has to be remembered until it comes.
std::uint64_t SessionTable::session_of(const Address& peer, std::uint64_t nonce,
                                       TimePoint now) const {
    const auto period = static_cast<std::uint64_t>(now.time_since_epoch() / kProofPeriod);
    std::vector<std::byte> bytes;
    WireWriter(bytes).u64(period).u64(nonce).text(peer.to_string());
    return std::max<std::uint64_t>(1, sip_hash(secret_, bytes));
}

void SessionTable::on_packet(const Address& sender, const Packet& packet, TimePoint now) {
    if (const auto* request = std::get_if<Request>(&packet.body)) {
        const std::uint64_t id = session_of(sender, request->nonce, now);
        return output_.send(sender, {id, Challenge{request->nonce}});
    }
    next_deadline_ = std::min(next_deadline_, now + kRound);
    const auto client = clients_.find(packet.session);
    if (client != clients_.end()) {
        if (client->second.peer == sender) on_packet_of(client, packet.body, now);
        return;
    }
    if (const FinalReply* reply = final_replies_.find(packet.session, now)) {
        if (reply->peer == sender) repeat_final_reply(packet.session, *reply, packet.body);
    } else if (const auto* begin = std::get_if<Start>(&packet.body)) {
        const bool proved = packet.session == session_of(sender, begin->nonce, now) ||
                            packet.session == session_of(sender, begin->nonce, now - kProofPeriod);
        if (proved) start(sender, packet.session, *begin, now);
    }
}

void SessionTable::start(const Address& peer, std::uint64_t id, const Start& start,
                         TimePoint now) try {
    if (options_.once && first_) throw std::runtime_error("this server serves one client only");
    if (clients_.size() >= options_.max_clients) {
        throw std::runtime_error("too many clients (" + std::to_string(options_.max_clients) +
                                 "): try again later");
    }
    if (!first_) first_ = id;

    const std::string name(start.name);
    const Pacer::Plan plan{
        .default_rate = static_cast<double>(options_.default_rate),
        .latency = std::clamp<Duration>(milliseconds(start.latency_ms), kMinLatency, kMaxLatency)};
    Session session(output_.open(name), plan, options_.seed.value_or(id), now);
    const Info info = session.info();
    clients_.emplace(id, Client{peer, name, std::move(session), now});
    output_.send(peer, {id, info});

    const bool known = info.duration_us > 0;
    output_.note(peer.to_string() + ": " + escaped(name) + " begins: " +
                 std::string(info.container) + ", " + show_count(info.size, "byte") + ", " +
                 (known ? show_duration(std::chrono::microseconds(info.duration_us))
                        : "of unknown duration") +
                 "\n");
} catch (const std::exception& error) {
    refuse(peer, id, start.name, error.what(), now);
}

void SessionTable::on_packet_of(Clients::iterator entry, const Body& body, TimePoint now) {
    const std::uint64_t id = entry->first;
    Client& client = entry->second;
    const auto reply = [&](const Body& answer) { output_.send(client.peer, {id, answer}); };
    const auto* report = std::get_if<Report>(&body);
    if (report != nullptr && report->contiguous > client.session.size()) return;  // out of range
    client.last_heard = now;
    if (report != nullptr) {
        client.session.on_report(*report, now, reply);
    } else if (std::holds_alternative<Start>(body)) {
        reply(client.session.info());  // the first one was lost
    } else if (const auto* bye = std::get_if<Bye>(&body)) {
        client.session.on_contiguous(bye->contiguous);
        reply(Bye{});
        tell_result(client, now);
        conclude(client.peer, id, std::nullopt, now);
        clients_.erase(entry);
    }
}

void SessionTable::tell_result(const Client& client, TimePoint now) const {
    output_.result((client.session.complete() ? "sent " : "stopped ") + escaped(client.name) +
                   " to " + client.peer.to_string() + ": " + client.session.summary(now) + "\n");
}

// What was said last may have been lost.
void SessionTable::repeat_final_reply(std::uint64_t id, const FinalReply& reply, const Body& body) {
    const bool goes_on =
        std::holds_alternative<Start>(body) || std::holds_alternative<Report>(body);
    if (goes_on && reply.error) {
        output_.send(reply.peer, {id, Error{*reply.error}});
    } else if (goes_on || std::holds_alternative<Bye>(body)) {
        output_.send(reply.peer, {id, Bye{}});
    }
}

void SessionTable::on_timer(TimePoint now) {
    if (now < next_deadline_) return;
    for (auto next = clients_.begin(); next != clients_.end();) serve(next++, now);
    next_deadline_ = now < linger_until_ ? linger_until_ : kNever;
    if (!clients_.empty()) next_deadline_ = now + kRound;
}

void SessionTable::serve(Clients::iterator entry, TimePoint now) {
    const std::uint64_t id = entry->first;
    Client& client = entry->second;
    try {
        if (now - client.last_heard >= kSilence) {
            throw std::runtime_error("nothing heard for " + show_duration(kSilence));
        }
        client.session.send_due(now, [&](const Body& body) {
            output_.send(client.peer, {id, body});
        });
    } catch (const std::exception& error) {
        refuse(client.peer, id, client.name, error.what(), now);
        clients_.erase(entry);
    }
}

void SessionTable::refuse(const Address& peer, std::uint64_t id, std::string_view name,
                          const std::string& why, TimePoint now) {
    const std::string prefix = name.empty() ? "" : std::string(name) + ": ";
    const std::string text = (prefix + why).substr(0, kMaxText);
    output_.send(peer, {id, Error{text}});
    output_.problem(peer.to_string() + ": " + escaped(text) + "\n");
    conclude(peer, id, text, now);
}

void SessionTable::conclude(const Address& peer, std::uint64_t id, std::optional<std::string> error,
                            TimePoint now) {
    if (first_ == id) {
        first_outcome_ = !error.has_value();
        linger_until_ = now + kLinger;
    }
    final_replies_.remember(id, FinalReply{peer, std::move(error)}, now);
}

void SessionTable::say_bye() const {
    for (const auto& [id, client] : clients_) output_.send(client.peer, {id, Bye{}});
}

void SessionTable::tell_results(TimePoint now) const {
    for (const auto& [id, client] : clients_) tell_result(client, now);
}

}  // namespace netlab::problem4
