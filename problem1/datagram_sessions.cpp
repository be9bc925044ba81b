// SPDX-License-Identifier: MIT
#include "problem1/datagram_sessions.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "common/summary.hpp"
#include "common/text.hpp"

namespace netlab::problem1 {

namespace {

// After END, for the chunks that it has overtaken on the way.
constexpr Duration kSettle = milliseconds(500);

// After the one transfer of --once is over: its DONE may be lost, and END come again. As TIME_WAIT
// in TCP (RFC 9293, section 3.6.1).
constexpr Duration kLinger = seconds(3);

std::uint64_t size_of(const Frame& frame) {
    return kFrameOverhead + frame.payload.size();
}

// What may be sent for a frame to somebody who has not proved an address.
std::uint64_t allowance_for(const Frame& frame) {
    return DatagramSessions::kMaxAmplification * size_of(frame);
}

}  // namespace

void DatagramSessions::on_frame(const Address& sender, const Frame& frame, TimePoint now) {
    const TransferKey key{sender, frame.transfer};
    const auto found = files_.find(key);
    const bool known = found != files_.end();
    try {
        if (!known) return on_unknown(key, frame, now);
        on_known(found->second, frame, now);
    } catch (const std::exception& error) {
        if (!known || found->second.committing) return;  // as good as lost
        give_up(found->second, now, {ErrorInfo::Code::failed, error.what()});
    }
}

void DatagramSessions::on_unknown(const TransferKey& key, const Frame& frame, TimePoint now) {
    if (key.transfer == 0) return;  // the number of no transfer
    if (const FinalReply* reply = finished_.find(key, now)) {
        if (frame.type != FrameType::end || !reply->repairs) return;
        linger_until_ = now + kLinger;
        return send_final_reply(key, *reply, frame.sequence, allowance_for(frame));
    }
    if (options_.once && (first_outcome_ || !files_.empty())) return;
    if (frame.type == FrameType::start) return begin(key, frame, now);
    if (frame.type != FrameType::end) return;
    // With repair, a START that was lost is asked for as any chunk is: it has number 0.
    const NackInfo nack{EndInfo::decode(frame.payload).round, 0, {{0, 0}}};
    if (nack.round == 0) return;
    output_.reply(key.peer, {FrameType::nack, key.transfer, frame.sequence, nack.encode()});
}

void DatagramSessions::begin(const TransferKey& key, const Frame& start, TimePoint now) {
    const auto same_host = [host = key.peer.without_port()](const auto& entry) {
        return entry.first.peer.without_port() == host;
    };
    StartInfo info;
    try {
        info = StartInfo::decode(start.payload);
        if (files_.size() >= kMaxSessions ||
            std::ranges::count_if(files_, same_host) >= kMaxSessionsOfAHost) {
            return refuse_while_full(key, start, info, now);
        }
        files_.try_emplace(key, DatagramUpload{.key = key,
                                               .info = info,
                                               .upload = storage_(info),
                                               .token = output_.random(),
                                               .allowance = allowance_for(start),
                                               .started = now});
    } catch (const std::exception& error) {
        output_.problem(key.peer.to_string() + ": " + escaped(info.name + ": " + error.what()));
        const ErrorInfo why{ErrorInfo::Code::refused, error.what()};
        const FinalReply reply{info.has(StartInfo::kRepair), why};
        conclude(key, reply, now);
        send_final_reply(key, reply, 0, allowance_for(start));
    }
}

// Said once a second, whoever it is that sends so many.
void DatagramSessions::refuse_while_full(const TransferKey& key, const Frame& start,
                                         const StartInfo& info, TimePoint now) {
    const ErrorInfo why{ErrorInfo::Code::refused, "the server is full"};
    if (now >= next_complaint_) {
        output_.problem(key.peer.to_string() + ": " + escaped(info.name) + ": " + why.reason);
        next_complaint_ = now + seconds(1);
    }
    send_final_reply(key, {info.has(StartInfo::kRepair), why}, 0, allowance_for(start));
}

void DatagramSessions::on_known(DatagramUpload& file, const Frame& frame, TimePoint now) {
    file.last_heard = now;
    file.allowance += allowance_for(frame);
    if (!file.committing) {
        file.on_frame(frame);
        if (file.end && file.chunks.complete()) {
            output_.commit(file);
            file.committing = true;
        }
    }
    if (frame.type != FrameType::end || !file.repairs()) return;
    if (!file.committing) return send_nack(file);
    // Making it durable takes time: say that END has arrived.
    reply(file, {FrameType::ack, frame.transfer, frame.sequence, {}});
}

void DatagramSessions::send_nack(DatagramUpload& file) {
    constexpr std::uint64_t kFixed = kFrameOverhead + NackInfo::kFixedSize;
    const std::uint64_t ranges = (std::max(file.allowance, kFixed) - kFixed) / NackInfo::kRangeSize;
    const NackInfo nack{file.end->round, file.token,
                        file.chunks.missing(std::min(ranges, NackInfo::kMaxRanges))};
    // If there is not even room for one, the client's next END pays for more.
    if (nack.missing.empty()) return;
    reply(file, {FrameType::nack, file.key.transfer, file.end_number(), nack.encode()});
}

void DatagramSessions::reply(DatagramUpload& file, const Frame& frame) {
    file.allowance -= size_of(frame);
    output_.reply(file.key.peer, frame);
}

void DatagramSessions::on_committed(const DatagramUpload& file,
                                    const std::optional<ErrorInfo>& error, TimePoint now) {
    const TransferKey key = file.key;
    const FinalReply reply{file.repairs(), error};
    const std::uint64_t end = file.end_number();
    const std::uint64_t allowance = file.allowance;
    if (error) {
        give_up(file, now, *error);
    } else {
        const StartInfo& info = file.info;
        output_.result(Summary{"received " + escaped(info.name), info.file_size, info.chunk_count,
                               show_count(file.duplicates, "duplicate"), now - file.started,
                               escaped(file.upload->path())}
                           .line());
        conclude(key, reply, now);
    }
    send_final_reply(key, reply, end, allowance);
}

void DatagramSessions::give_up(const DatagramUpload& file, TimePoint now, const ErrorInfo& why) {
    output_.result(file.missing_lines());
    const StartInfo& info = file.info;
    std::string text = file.key.peer.to_string() + ": " + escaped(info.name) + ": " +
                       escaped(why.reason) + ": " + std::to_string(file.chunks.arrived()) + " of " +
                       std::to_string(info.chunk_count) + " chunks arrived";
    if (file.upload->keep() > 0) {
        text += ", kept in " + escaped(file.upload->path()) + ".part";
    }
    if (kernel_drops_ > 0) {
        text += "; the receive buffer was full " + show_count(kernel_drops_, "time");
    }
    output_.problem(text);
    conclude(file.key, {file.repairs(), why}, now);
}

// The file goes here, and its key with it.
void DatagramSessions::conclude(const TransferKey& key, const FinalReply& reply, TimePoint now) {
    if (!first_outcome_) first_outcome_ = !reply.error;
    linger_until_ = reply.repairs ? now + kLinger : now;
    finished_.remember(key, reply, now);
    files_.erase(key);
}

void DatagramSessions::send_final_reply(const TransferKey& key, const FinalReply& reply,
                                        std::uint64_t sequence, std::uint64_t allowance) {
    if (!reply.repairs) return;
    const auto type = reply.error ? FrameType::error : FrameType::done;
    const auto payload = reply.error ? reply.error->encode() : std::vector<std::byte>{};
    // Of a long reason the beginning; the allowance is of three empty frames at least.
    const std::size_t size = std::min<std::uint64_t>(payload.size(), allowance - kFrameOverhead);
    output_.reply(key.peer, {type, key.transfer, sequence, Bytes(payload).first(size)});
}

TimePoint DatagramSessions::expiry_of(const DatagramUpload& file) const {
    if (file.committing) return kNever;
    const bool settling = file.end && !file.repairs();
    return file.last_heard +
           (settling ? std::min(kSettle, options_.idle_timeout) : options_.idle_timeout);
}

void DatagramSessions::on_timer(TimePoint now) {
    for (auto it = files_.begin(); it != files_.end();) {
        const DatagramUpload& file = (it++)->second;
        if (expiry_of(file) > now) continue;
        const char* why =
            file.chunks.complete() ? "END was lost, and with it the checksum" : "incomplete";
        give_up(file, now, {ErrorInfo::Code::failed, why});
    }
}

void DatagramSessions::give_up_all(TimePoint now) {
    while (!files_.empty()) {
        give_up(files_.begin()->second, now, {ErrorInfo::Code::failed, "stopped"});
    }
}

TimePoint DatagramSessions::next_deadline() const {
    TimePoint next = options_.once && first_outcome_ ? linger_until_ : kNever;
    for (const auto& [key, file] : files_) next = std::min(next, expiry_of(file));
    return next;
}

}  // namespace netlab::problem1
