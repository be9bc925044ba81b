// SPDX-License-Identifier: MIT
#include "problem1/datagram_sessions.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/summary.hpp"
#include "common/terminal.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kMostSessions = 256;
constexpr std::size_t kMostRemembered = 1024;

// After END, for the chunks that it has overtaken on the way.
constexpr Duration kSettle = milliseconds(500);

// After the one transfer of --once is over: its DONE may be lost, and END come again. As TIME_WAIT
// in TCP (RFC 9293, section 3.6.1).
constexpr Duration kLinger = seconds(3);

}  // namespace

DatagramSessions::DatagramSessions(const ReceiveOptions& options, Duration idle_timeout, bool once,
                                   Output output)
    : options_(options), idle_timeout_(idle_timeout), once_(once), output_(std::move(output)) {}

DatagramSessions::Entry* DatagramSessions::find(const Key& key) {
    if (latest_ == nullptr || !(latest_->first == key)) {
        const auto found = sessions_.find(key);
        latest_ = found == sessions_.end() ? nullptr : &*found;
    }
    return latest_;
}

void DatagramSessions::handle(const Address& sender, const Frame& frame, TimePoint now) {
    const Key key{sender, frame.transfer};
    Entry* entry = find(key);
    if (entry == nullptr) return handle_unknown(key, frame, now);
    entry->second.last_heard = now;
    try {
        handle_known(*entry, frame, now);
    } catch (const std::exception& error) {
        give_up(*entry, now, error.what());
    }
}

void DatagramSessions::handle_unknown(const Key& key, const Frame& frame, TimePoint now) {
    if (const auto over = over_.find(key); over != over_.end()) {
        if (frame.type == FrameType::end && over->second.may_be_said) {
            linger_until_ = now + kLinger;
            say_last_word(key, frame.sequence);
        }
    } else if (frame.type == FrameType::start) {
        begin(key, frame, now);
    } else if (frame.type == FrameType::end && frame.payload.size() >= 8) {
        // With repair, a START that was lost is asked for as any chunk is: it has number 0.
        const std::uint32_t round = EndInfo::decode(frame.payload).round;
        if (round == 0) return;
        const NackInfo nack{round, {{0, 0}}};
        output_.reply(key.peer, {FrameType::nack, key.transfer, frame.sequence, nack.encode()});
    }
}

void DatagramSessions::begin(const Key& key, const Frame& start, TimePoint now) {
    if (sessions_.size() >= kMostSessions || (once_ && accepted_)) return;
    accepted_ = true;
    StartInfo info;
    try {
        info = StartInfo::decode(start.payload);
        latest_ = &*sessions_.try_emplace(key, options_, info, now).first;
    } catch (const std::exception& error) {
        output_.problem(key.peer.to_string() + ": " + escaped(info.name + ": " + error.what()) +
                        "\n");
        conclude(key, info.has(StartInfo::kRepair), error.what(), now);
        say_last_word(key, 0);
    }
}

void DatagramSessions::handle_known(Entry& entry, const Frame& frame, TimePoint now) {
    Session& session = entry.second;
    if (frame.type == FrameType::data || frame.type == FrameType::line) {
        session.upload.on_chunk(frame);
    } else if (frame.type == FrameType::end) {
        session.end = EndInfo::decode(frame.payload);
    }
    if (session.end && session.upload.complete()) return complete(entry, now);
    if (frame.type == FrameType::end && session.upload.info().has(StartInfo::kRepair)) {
        reply_missing(entry);
    }
}

void DatagramSessions::reply_missing(const Entry& entry) {
    const auto& [key, session] = entry;
    const NackInfo nack{session.end->round, session.upload.chunks().missing(NackInfo::kMostRanges)};
    const std::uint64_t end = session.upload.info().chunk_count + 1;
    output_.reply(key.peer, {FrameType::nack, key.transfer, end, nack.encode()});
}

void DatagramSessions::complete(Entry& entry, TimePoint now) {
    const Key key = entry.first;
    Session& session = entry.second;
    session.upload.commit(session.end->crc);
    const StartInfo& info = session.upload.info();
    output_.result(Summary{"received " + escaped(info.name), info.file_size, info.chunk_count,
                           std::to_string(session.upload.duplicates()) + " duplicates",
                           now - session.started}
                       .line());
    const std::uint64_t end = info.chunk_count + 1;
    conclude(key, info.has(StartInfo::kRepair), std::nullopt, now);
    say_last_word(key, end);
}

void DatagramSessions::give_up(Entry& entry, TimePoint now, const std::string& why) {
    const Key key = entry.first;
    DatagramUpload& upload = entry.second.upload;
    const std::string name = escaped(upload.info().name);
    try {
        upload.write_pending();
    } catch (const SystemError&) {
        // `why` says so already, or the file is incomplete anyway.
    }
    output_.result(upload.missing_lines());
    std::string text = key.peer.to_string() + ": " + name + ": " + escaped(why) + ": " +
                       std::to_string(upload.chunks().arrived()) + " of " +
                       std::to_string(upload.info().chunk_count) + " chunks arrived, kept in " +
                       name + ".part";
    if (kernel_drops_ > 0) {
        text += "; the receive buffer was full " + std::to_string(kernel_drops_) + " times";
    }
    output_.problem(text + "\n");
    conclude(key, upload.info().has(StartInfo::kRepair), why, now);
}

// The session ends here: `key` must be a copy.
void DatagramSessions::conclude(const Key& key, bool repairs, std::optional<std::string> problem,
                                TimePoint now) {
    latest_ = nullptr;
    sessions_.erase(key);
    if (!first_outcome_) first_outcome_ = !problem.has_value();
    if (once_) linger_until_ = repairs ? now + kLinger : now;
    over_.insert_or_assign(key, LastWord{repairs, std::move(problem)});
    over_in_order_.push_back(key);
    if (over_in_order_.size() > kMostRemembered) {
        over_.erase(over_in_order_.front());
        over_in_order_.pop_front();
    }
}

void DatagramSessions::say_last_word(const Key& key, std::uint64_t sequence) {
    const LastWord& word = over_.at(key);
    if (!word.may_be_said) return;
    if (word.problem) {
        const ErrorInfo error{ErrorInfo::Code::failed, *word.problem};
        output_.reply(key.peer, {FrameType::error, key.transfer, sequence, error.encode()});
    } else {
        output_.reply(key.peer, {FrameType::done, key.transfer, sequence, {}});
    }
}

void DatagramSessions::write_pending() {
    for (auto it = sessions_.begin(); it != sessions_.end();) {
        Entry& entry = *it++;  // give_up() erases it
        try {
            entry.second.upload.write_pending();
        } catch (const SystemError& error) {
            give_up(entry, entry.second.last_heard, error.what());
        }
    }
}

TimePoint DatagramSessions::expiry_of(const Session& session) const {
    const bool settling = session.end && !session.upload.info().has(StartInfo::kRepair);
    return session.last_heard + (settling ? std::min(kSettle, idle_timeout_) : idle_timeout_);
}

void DatagramSessions::expire(TimePoint now) {
    for (auto it = sessions_.begin(); it != sessions_.end();) {
        Entry& entry = *it++;
        if (expiry_of(entry.second) > now) continue;
        give_up(entry, now,
                entry.second.upload.complete() ? "END was lost, and with it the checksum"
                                               : "incomplete");
    }
}

void DatagramSessions::give_up_all() {
    while (!sessions_.empty()) give_up(*sessions_.begin(), TimePoint{}, "stopped");
}

TimePoint DatagramSessions::next_deadline() const {
    TimePoint next = once_ && first_outcome_ ? linger_until_ : kNever;
    for (const auto& [key, session] : sessions_) next = std::min(next, expiry_of(session));
    return next;
}

bool DatagramSessions::ended(TimePoint now) const {
    return once_ && first_outcome_ && now >= linger_until_;
}

}  // namespace netlab::problem1
