// SPDX-License-Identifier: MIT
#include "problem4/session.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "common/summary.hpp"

namespace netlab::problem4 {

namespace {

Pacer::Plan with_rate_of(const Media& media, Pacer::Plan plan) {
    const double length = to_seconds(media.info.duration);
    if (length > 0) plan.media_rate = static_cast<double>(media.bytes.size) / length;
    return plan;
}

std::uint32_t microseconds_modulo(TimePoint now) {
    const auto since =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    return static_cast<std::uint32_t>(since.count());
}

}  // namespace

Session::Session(std::shared_ptr<const Media> media, const Pacer::Plan& plan, std::uint64_t seed,
                 TimePoint now)
    : media_(std::move(media)),
      pacer_(with_rate_of(*media_, plan), now),
      sizes_(kMinPayload, kMaxPayload, seed),
      next_size_(sizes_.next(left())),
      started_(now) {}

Info Session::info() const {
    const auto& [container, duration] = media_->info;
    return {size(), static_cast<std::uint64_t>(duration.count()), container};
}

void Session::on_contiguous(std::uint64_t offset) {
    // What a client claims beyond what it was sent is not believed.
    contiguous_ = std::max(contiguous_, std::min(offset, sent_up_to_));
    while (!pieces_.empty() && pieces_.front().end() <= contiguous_) {
        pieces_.pop_front();
        ++first_piece_;
    }
    next_wanted_ = std::max(next_wanted_, first_piece_);
}

void Session::on_report(const Report& report, TimePoint now, const Send& send) {
    if (report.number <= last_report_) return;  // a duplicate, or overtaken by a later one
    last_report_ = report.number;
    on_contiguous(report.contiguous);
    pacer_.on_consumed(std::min(report.consumed, contiguous_), now);
    // What overlaps a range is to go again; what was never sent, or has arrived, is ignored.
    for (const ByteRange& missing : report.missing) {
        const std::uint64_t end = missing.offset + missing.length;
        auto piece = std::ranges::upper_bound(pieces_, missing.offset, {}, &Piece::end);
        const auto number = static_cast<std::uint64_t>(piece - pieces_.begin()) + first_piece_;
        next_wanted_ = std::min(next_wanted_, number);
        for (; piece != pieces_.end() && piece->range.offset < end; ++piece) piece->wanted = true;
    }

    if ((report.flags & Report::kEcho) != 0 || !sent_since_report_) {
        send(Alive{report.number, sent_up_to_});
    }
    sent_since_report_ = false;
}

void Session::send_due(TimePoint now, const Send& send) {
    if (last_report_ == 0) return;
    for (; next_wanted_ < piece_count(); ++next_wanted_) {
        Piece& piece = pieces_[next_wanted_ - first_piece_];
        if (!piece.wanted) continue;
        if (!pacer_.try_resend(piece.range.length, now)) break;
        send_piece(next_wanted_, piece.range, now, send);
        piece.wanted = false;
        ++resent_;
    }
    while (left() > 0 && pacer_.try_send(sent_up_to_ + next_size_, next_size_, now)) {
        const ByteRange piece{sent_up_to_, next_size_};
        send_piece(piece_count(), piece, now, send);
        pieces_.push_back({piece});
        sent_up_to_ += piece.length;
        next_size_ = sizes_.next(left());
    }
}

void Session::send_piece(std::uint64_t number, const ByteRange& piece, TimePoint now,
                         const Send& send) {
    std::array<std::byte, kMaxPayload> room;
    const MutableBytes payload = MutableBytes(room).first(piece.length);
    if (media_->bytes.read_at(piece.offset, payload) < payload.size()) {
        throw std::runtime_error("the file has become shorter while it was sent");
    }
    send(Data{static_cast<std::uint32_t>(number), microseconds_modulo(now), piece.offset, payload});
    sent_since_report_ = true;
}

std::string Session::summary(TimePoint now) const {
    return show_count(sent_up_to_, "byte") + " in " + show_count(piece_count(), "datagram") + ", " +
           std::to_string(resent_) + " resent, " + time_and_rate(sent_up_to_, now - started_);
}

}  // namespace netlab::problem4
