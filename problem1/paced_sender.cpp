// SPDX-License-Identifier: MIT
#include "problem1/paced_sender.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "common/error.hpp"
#include "common/wire.hpp"

namespace netlab::problem1 {

namespace {

constexpr Duration kStep = milliseconds(1);
constexpr double kMaxStep = 64 * 1024;           // bytes
constexpr Duration kMaxSaved = milliseconds(4);  // of the pace, made up for after a late wake-up
constexpr Duration kFirstPause = milliseconds(20);

// Where each line of a file stands, its newline included: a line that the server asks for again has
// to be found again.
std::vector<ByteRange> find_lines(Source& source) {
    constexpr std::uint64_t kBlock = 64 * 1024;
    std::vector<ByteRange> lines;
    ByteRange line;
    for (std::uint64_t offset = 0; offset < source.size(); offset += kBlock) {
        const std::uint64_t size = std::min(kBlock, source.size() - offset);
        for (const char c : as_text(source.read({offset, size}))) {
            if (++line.length > kMaxChunkSize) {
                throw std::runtime_error("line " + std::to_string(lines.size() + 1) +
                                         " is longer than a datagram can be (" +
                                         std::to_string(kMaxChunkSize) + " bytes)");
            }
            if (c != '\n') continue;
            lines.push_back(line);
            line = {line.offset + line.length, 0};
        }
    }
    if (line.length > 0) lines.push_back(line);
    return lines;
}

}  // namespace

PacedSender::PacedSender(Source& source, const Options& options, std::uint32_t transfer,
                         TimePoint now)
    : source_(source),
      options_(options),
      transfer_(transfer),
      pace_(options.rate, std::max(1.0, options.rate * to_seconds(kMaxSaved)), now),
      due_(now) {
    info_ = {.file_size = source.size(), .name = source.name()};
    if (options.lines) {
        lines_ = find_lines(source);
        info_.flags = StartInfo::kLines;
        info_.chunk_count = lines_.size();
    } else {
        info_.chunk_size = options.chunk_size;
        info_.chunk_count = info_.chunks().count();
    }
    if (options.repair) info_.flags |= StartInfo::kRepair;
    if (info_.chunk_count > 0) to_send_.push_back({1, info_.chunk_count});
    if (options.repair && options.rate == kUnlimited) {
        window_ = kFirstWindow;
        // Each END carries the checksum of the whole file, also one in the middle of it. Computed
        // before START: no server is to wait meanwhile.
        static_cast<void>(source.crc());
    }
}

void PacedSender::send_due(TimePoint now, FrameSink& sink) {
    if (now < next_deadline()) return;
    if (phase_ == Phase::sending) return send_some(now, sink);
    if (phase_ == Phase::ending) return send_end(now, sink);
    sink.send({FrameType::start, transfer_, 0, info_.encode()});
    due_ = now + kBetweenCopies;
    if (++copies_ < kCopies) return;
    copies_ = 0;
    phase_ = Phase::sending;
}

// Of what is to be sent, as much as the pace and the window allow at once.
void PacedSender::send_some(TimePoint now, FrameSink& sink) {
    const double step =
        std::min({options_.rate * to_seconds(kStep), kMaxStep, window_ - in_flight_});
    due_ = pace_.ready_at(step, now);
    if (due_ > now) return;

    double cost = 0;
    while (!to_send_.empty() && (cost == 0 || cost < step)) {
        ChunkRange& range = to_send_.front();
        const std::size_t size = send_one(range.first, sink);
        cost += std::max(static_cast<double>(size), options_.min_cost);
        last_sent_ = range.first;
        if (range.first++ == range.last) to_send_.pop_front();
    }
    pace_.take(cost, now);
    due_ = pace_.ready_at(step, now);
    in_flight_ += cost;
    if (!to_send_.empty() && in_flight_ < window_) return;
    phase_ = Phase::ending;
    due_ = now;
}

std::size_t PacedSender::send_one(std::uint64_t number, FrameSink& sink) {
    if (number == 0) {
        sink.send({FrameType::start, transfer_, 0, info_.encode()});
        ++repeats_;
        return 0;
    }
    const ByteRange place = options_.lines ? lines_[number - 1] : info_.chunks().range(number);
    if (place.offset < sent_bytes_) ++repeats_;
    sent_bytes_ = std::max(sent_bytes_, place.offset + place.length);
    const Bytes content = source_.read(place);
    if (!options_.lines) {
        sink.send({FrameType::data, transfer_, number, content});
    } else {
        std::vector<std::byte> payload;
        WireWriter(payload).u64(place.offset).bytes(content);
        sink.send({FrameType::line, transfer_, number, payload});
    }
    return content.size();
}

// Without repair a few copies; with repair a question, asked until it is answered.
void PacedSender::send_end(TimePoint now, FrameSink& sink) {
    const std::uint64_t end = info_.chunk_count + 1;
    if (!options_.repair) {
        // One wait more after the last copy: "Connection refused" comes back as an answer to it.
        if (copies_ == kCopies) phase_ = Phase::done;
        if (done()) return;
        due_ = now + kBetweenCopies;
    } else {
        if (copies_ > 0) {
            note_timeout_or_give_up({end, copies_ - 1, now - asked_at_}, end_arrived_, kRetries,
                                    info_.chunk_count, sink);
            if (!end_arrived_) ++repeats_;
            rtt_.back_off();
        }
        asked_at_ = now;
        due_ = now + (end_arrived_ ? rtt_.timeout() : std::min(rtt_.timeout(), kMaxTimeout));
    }
    ++copies_;
    sink.send({FrameType::end, transfer_, end, EndInfo{source_.crc(), round_, token_}.encode()});
}

void PacedSender::on_frame(const Frame& frame, TimePoint now) {
    if (!options_.repair || done()) return;
    check_refusal(frame, transfer_);
    if (frame.transfer != transfer_) return;
    if (frame.type == FrameType::done) {
        phase_ = Phase::done;
    } else if (frame.type == FrameType::ack && phase_ == Phase::ending) {
        end_arrived_ = true;
    } else if (frame.type == FrameType::nack) {
        const NackInfo nack = NackInfo::decode(frame.payload);
        if (nack.missing.back().last > info_.chunk_count) {
            throw ProtocolError("NACK for a chunk that does not exist");
        }
        token_ = nack.token;
        if (phase_ == Phase::ending && nack.round == round_ && copies_ > 0) on_nack(nack, now);
    }
}

void PacedSender::on_nack(const NackInfo& nack, TimePoint now) {
    if (copies_ == 1) rtt_.add_sample(now - asked_at_);

    // A server that asks for the same again and again is obeyed ever more slowly, and not for ever.
    std::uint64_t missing = 0;
    for (const ChunkRange& range : nack.missing) missing += range.last - range.first + 1;
    const std::uint64_t first = nack.missing.front().first;
    const bool progress = first > previous_first_missing_ || missing < previous_missing_count_;
    rounds_without_progress_ = progress ? 0 : rounds_without_progress_ + 1;
    if (rounds_without_progress_ > kRetries) {
        throw TimeoutError("the server asks for the same chunks again and again");
    }
    previous_first_missing_ = first;
    previous_missing_count_ = missing;
    const int doublings = std::min(rounds_without_progress_ - 1, 5);
    due_ = progress ? now : now + std::min(kMaxTimeout, kFirstPause * (1 << doublings));

    if (options_.rate == kUnlimited) adapt_window(first <= last_sent_);
    to_send_.assign(nack.missing.begin(), nack.missing.end());
    in_flight_ = 0;
    phase_ = Phase::sending;
    ++round_;
    copies_ = 0;
    end_arrived_ = false;
}

// Slow start, then additive increase and multiplicative decrease, as in TCP (RFC 5681, 3.1).
void PacedSender::adapt_window(bool lost) {
    if (lost) {
        slow_start_ = false;
        window_ = std::max(window_ / 2, kFirstWindow);
    } else {
        window_ = std::min(window_ + (slow_start_ ? window_ : kFirstWindow), kMaxWindow);
    }
}

}  // namespace netlab::problem1
