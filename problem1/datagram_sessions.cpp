// SPDX-License-Identifier: MIT
#include "problem1/datagram_sessions.hpp"

#include <algorithm>
#include <cstdint>

#include "common/error.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"

namespace netlab::problem1 {

namespace {

// After END, for the chunks that it has overtaken on the way.
constexpr Duration kSettle = milliseconds(500);

// After the one transfer of --once is over: its DONE may be lost, and END come again. As TIME_WAIT
// in TCP (RFC 9293, section 3.6.1).
constexpr Duration kLinger = seconds(3);

constexpr Duration kComplaintInterval = seconds(1);

std::size_t size_of(const Frame& frame) {
    return kFrameOverhead + frame.payload.size();
}

}  // namespace

DatagramSessions::DatagramSessions(Storage& storage, const Options& options, Output output)
    : storage_(storage), options_(options), output_(std::move(output)) {}

void DatagramSessions::on_frame(const Address& sender, const Frame& frame, TimePoint now) {
    const Key key{sender, frame.transfer};
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return on_unknown(key, frame, now);
    Session& session = found->second;
    session.last_heard = now;
    session.received += size_of(frame);
    try {
        on_known(*found, frame);
    } catch (const std::exception& error) {
        give_up(*found, now, {ErrorInfo::Code::failed, error.what()});
    }
}

void DatagramSessions::on_unknown(const Key& key, const Frame& frame, TimePoint now) {
    if (key.transfer == 0) return;  // the number of no transfer
    if (const FinalReply* reply = finished_.find(key, now)) {
        if (frame.type != FrameType::end || !reply->repairs) return;
        linger_until_ = now + kLinger;
        send_final_reply(key, *reply, frame.sequence, size_of(frame));
    } else if (frame.type == FrameType::start) {
        begin(key, frame, now);
    } else if (frame.type == FrameType::end) {
        // With repair, a START that was lost is asked for as any chunk is: it has number 0.
        try {
            const std::uint32_t round = EndInfo::decode(frame.payload).round;
            if (round == 0 || (options_.once && accepted_)) return;
            const NackInfo nack{round, 0, {{0, 0}}};
            output_.reply(key.peer, {FrameType::nack, key.transfer, frame.sequence, nack.encode()});
        } catch (const ProtocolError&) {
            return;
        }
    }
}

void DatagramSessions::begin(const Key& key, const Frame& start, TimePoint now) {
    if (options_.once && accepted_) return;
    const auto same_host = [host = key.peer.without_port()](const Entry& entry) {
        return entry.first.peer.without_port() == host;
    };
    StartInfo info;
    try {
        info = StartInfo::decode(start.payload);
        if (sessions_.size() >= kMaxSessions ||
            std::ranges::count_if(sessions_, same_host) >= kMaxSessionsOfAHost) {
            return refuse_while_full(key, start, info, now);
        }
        const auto begun = sessions_.try_emplace(key, storage_, info, output_.random(), now).first;
        begun->second.received = size_of(start);
    } catch (const std::exception& error) {
        output_.problem(key.peer.to_string() + ": " + escaped(info.name + ": " + error.what()));
        const ErrorInfo why{ErrorInfo::Code::refused, error.what()};
        const FinalReply reply{info.has(StartInfo::kRepair), false, why};
        conclude(key, reply, now);
        send_final_reply(key, reply, 0, size_of(start));
    }
    accepted_ = true;
}

// Full: said once a second, whoever it is that sends so many.
void DatagramSessions::refuse_while_full(const Key& key, const Frame& start, const StartInfo& info,
                                         TimePoint now) {
    if (now >= next_complaint_) {
        output_.problem("too many transfers at once: refusing " + key.peer.to_string());
        next_complaint_ = now + kComplaintInterval;
    }
    const ErrorInfo full{ErrorInfo::Code::refused, "the server is full"};
    send_final_reply(key, {info.has(StartInfo::kRepair), false, full}, 0, size_of(start));
}

void DatagramSessions::on_known(Entry& entry, const Frame& frame) {
    Session& session = entry.second;
    const bool is_end = frame.type == FrameType::end;
    if (frame.type == FrameType::data || frame.type == FrameType::line) {
        if (!session.committing) session.upload.on_chunk(frame);
    } else if (is_end) {
        const EndInfo end = EndInfo::decode(frame.payload);
        session.proved = session.proved || end.token == session.token;
        session.end = end;
    }
    if (session.end && !session.committing && session.upload.complete()) {
        session.committing = true;
        output_.commit({entry.first, session.upload.take_upload(), session.end->crc});
    }
    if (!is_end || !session.repairs()) return;
    if (session.committing) {
        // Making it durable takes time: say that END has arrived.
        reply(entry, {FrameType::ack, entry.first.transfer, frame.sequence, {}});
    } else {
        send_nack(entry);
    }
}

void DatagramSessions::reply(Entry& entry, const Frame& frame) {
    entry.second.replied += size_of(frame);
    output_.reply(entry.first.peer, frame);
}

void DatagramSessions::send_nack(Entry& entry) {
    auto& [key, session] = entry;
    std::size_t ranges = NackInfo::kMaxRanges;
    if (!session.proved) {
        const std::uint64_t allowed = kMaxAmplification * session.received;
        const std::uint64_t fixed = session.replied + kFrameOverhead + NackInfo::kFixedSize;
        // Not even one range: the client's next END pays for more.
        if (allowed < fixed + NackInfo::kRangeSize) return;
        ranges = std::min<std::size_t>(ranges, (allowed - fixed) / NackInfo::kRangeSize);
    }
    const NackInfo nack{session.end->round, session.token, session.upload.chunks().missing(ranges)};
    const std::uint64_t end = session.upload.info().chunk_count + 1;
    reply(entry, {FrameType::nack, key.transfer, end, nack.encode()});
}

void DatagramSessions::on_committed(const Key& key, const std::optional<ErrorInfo>& error,
                                    TimePoint now) {
    Entry& entry = *sessions_.find(key);
    Session& session = entry.second;
    const StartInfo& info = session.upload.info();
    const std::uint64_t end = info.chunk_count + 1;
    const FinalReply reply{session.repairs(), session.proved, error};
    if (error) {
        give_up(entry, now, *error);
    } else {
        output_.result(Summary{"received " + escaped(info.name), info.file_size, info.chunk_count,
                               show_count(session.upload.duplicates(), "duplicate"),
                               now - session.started, escaped(storage_.path_of(info.name))}
                           .line());
        conclude(key, reply, now);
    }
    // What an unproved client may be sent: END was 36 bytes, of which its ACK has used 20.
    send_final_reply(key, reply, end, kFrameOverhead);
}

void DatagramSessions::give_up(Entry& entry, TimePoint now, const ErrorInfo& why) {
    const Key key = entry.first;
    Session& session = entry.second;
    const StartInfo& info = session.upload.info();
    const std::string name = escaped(info.name);
    try {
        if (!session.committing) session.upload.flush();
    } catch (const SystemError&) {
        // `why` says so already, or the file is incomplete anyway.
    }
    output_.result(session.upload.missing_lines());
    std::string text = key.peer.to_string() + ": " + name + ": " + escaped(why.reason) + ": " +
                       std::to_string(session.upload.chunks().arrived()) + " of " +
                       std::to_string(info.chunk_count) + " chunks arrived";
    if (std::max(why.kept, session.upload.kept()) > 0) {
        text += ", kept in " + escaped(storage_.path_of(info.name)) + ".part";
    }
    if (kernel_drops_ > 0) {
        text += "; the receive buffer was full " + show_count(kernel_drops_, "time");
    }
    output_.problem(text);
    conclude(key, {session.repairs(), session.proved, why}, now);
}

// The session ends here: `key` must be a copy.
void DatagramSessions::conclude(const Key& key, const FinalReply& reply, TimePoint now) {
    sessions_.erase(key);
    if (!first_outcome_) first_outcome_ = !reply.error;
    if (options_.once) linger_until_ = reply.repairs ? now + kLinger : now;
    finished_.remember(key, reply, now);
}

void DatagramSessions::send_final_reply(const Key& key, const FinalReply& reply,
                                        std::uint64_t sequence, std::size_t asked_bytes) {
    if (!reply.repairs) return;
    if (!reply.error) return output_.reply(key.peer, {FrameType::done, key.transfer, sequence, {}});
    ErrorInfo error = *reply.error;
    if (!reply.proved) {
        const std::size_t allowed = kMaxAmplification * asked_bytes;
        if (allowed <= kFrameOverhead) return;
        error.reason.resize(std::min(error.reason.size(), allowed - kFrameOverhead - 1));
    }
    output_.reply(key.peer, {FrameType::error, key.transfer, sequence, error.encode()});
}

void DatagramSessions::flush(TimePoint now) {
    for (auto it = sessions_.begin(); it != sessions_.end();) {
        Entry& entry = *it++;  // give_up() erases it
        try {
            if (!entry.second.committing) entry.second.upload.flush();
        } catch (const SystemError& error) {
            give_up(entry, now, {ErrorInfo::Code::failed, error.what()});
        }
    }
}

TimePoint DatagramSessions::expiry_of(const Session& session) const {
    if (session.committing) return kNever;
    const bool settling = session.end && !session.repairs();
    return session.last_heard +
           (settling ? std::min(kSettle, options_.idle_timeout) : options_.idle_timeout);
}

void DatagramSessions::on_timer(TimePoint now) {
    for (auto it = sessions_.begin(); it != sessions_.end();) {
        Entry& entry = *it++;
        if (expiry_of(entry.second) > now) continue;
        const bool complete = entry.second.upload.complete();
        give_up(entry, now,
                {ErrorInfo::Code::failed,
                 complete ? "END was lost, and with it the checksum" : "incomplete"});
    }
}

void DatagramSessions::give_up_all(TimePoint now) {
    while (!sessions_.empty()) {
        give_up(*sessions_.begin(), now, {ErrorInfo::Code::failed, "stopped"});
    }
}

TimePoint DatagramSessions::next_deadline() const {
    TimePoint next = options_.once && first_outcome_ ? linger_until_ : kNever;
    for (const auto& [key, session] : sessions_) next = std::min(next, expiry_of(session));
    return next;
}

bool DatagramSessions::ended(TimePoint now) const {
    return options_.once && first_outcome_ && now >= linger_until_;
}

}  // namespace netlab::problem1
