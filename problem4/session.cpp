// SPDX-License-Identifier: MIT
#include "problem4/session.hpp"

#include <algorithm>
#include <array>

#include "common/summary.hpp"

namespace netlab::problem4 {

namespace {

std::optional<double> rate_of(const Media& media) {
    if (!media.info.duration || media.info.duration->count() <= 0) return std::nullopt;
    return static_cast<double>(media.bytes->size()) / to_seconds(*media.info.duration);
}

std::uint32_t microseconds_modulo(TimePoint now) {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    return static_cast<std::uint32_t>(since.count());
}

}  // namespace

Session::Session(Media media, const Options& options, TimePoint now)
    : media_(std::move(media)),
      pacer_({rate_of(media_), options.default_rate, options.latency}, now),
      sizes_(kMinPayload, kMaxPayload, options.seed),
      next_size_(sizes_.next(left())),
      started_(now) {}

Info Session::info() const {
    const auto duration = media_.info.duration.value_or(std::chrono::microseconds(0));
    return {size(), static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count())),
            media_.info.container};
}

void Session::on_contiguous(std::uint64_t offset) {
    // What a client claims beyond what it was sent is not believed.
    contiguous_ = std::max(contiguous_, std::min(offset, pieces_.end()));
    pieces_.forget_before(contiguous_);
}

void Session::on_report(const Report& report, TimePoint now, const Send& send) {
    if (report.number <= last_report_) return;  // a duplicate, or overtaken by a later one
    last_report_ = report.number;
    on_contiguous(report.contiguous);
    pacer_.on_consumed(std::min(report.consumed, contiguous_), now);
    for (const ByteRange& range : report.missing) pieces_.want(range);

    if ((report.flags & Report::kEcho) != 0 || !sent_since_report_) {
        send(Alive{report.number, pieces_.end()});
    }
    sent_since_report_ = false;
}

void Session::send_due(TimePoint now, const Send& send) {
    if (last_report_ == 0) return;
    while (const auto piece = pieces_.next_wanted()) {
        if (pacer_.resend_at(piece->range.length, now) > now) break;
        send_piece(*piece, now, send);
        pacer_.on_resent(piece->range.length, now);
        pieces_.on_resent();
        ++resent_;
    }
    while (left() > 0 && pacer_.send_at(pieces_.end() + next_size_, next_size_, now) <= now) {
        const ByteRange range{pieces_.end(), next_size_};
        send_piece({pieces_.add(next_size_), range}, now, send);
        pacer_.on_sent(next_size_, now);
        next_size_ = sizes_.next(left());
    }
}

void Session::send_piece(const SentPieces::Piece& piece, TimePoint now, const Send& send) {
    std::array<std::byte, kMaxPayload> payload;
    const MutableBytes room = MutableBytes(payload).first(piece.range.length);
    if (media_.bytes->read_at(piece.range.offset, room) < room.size()) {
        throw std::runtime_error("the file has become shorter while it was sent");
    }
    send(Data{static_cast<std::uint32_t>(piece.number), microseconds_modulo(now),
              piece.range.offset, room});
    sent_since_report_ = true;
}

TimePoint Session::next_deadline(TimePoint now) {
    if (last_report_ == 0) return kNever;
    TimePoint due = kNever;
    if (const auto piece = pieces_.next_wanted()) {
        due = pacer_.resend_at(piece->range.length, now);
    }
    if (left() > 0) {
        due = std::min(due, pacer_.send_at(pieces_.end() + next_size_, next_size_, now));
    }
    return due;
}

std::string Session::summary(TimePoint now) const {
    return std::to_string(pieces_.end()) + " bytes in " + std::to_string(pieces_.count()) +
           " datagrams, " + std::to_string(resent_) + " resent, " +
           time_and_rate(pieces_.end(), now - started_);
}

}  // namespace netlab::problem4
