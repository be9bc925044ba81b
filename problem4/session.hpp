// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "common/chunking.hpp"
#include "problem4/media/media.hpp"
#include "problem4/pacer.hpp"
#include "problem4/packet.hpp"

namespace netlab::problem4 {

// One client's stream, from its START on: a position in the clip, a pace, and what may have to go
// again. Knows neither socket nor clock. Not thread-safe.
class Session {
  public:
    using Send = std::function<void(const Body&)>;

    // `plan`: but for the rate, which the media tells. `seed`: of the payload sizes.
    Session(std::shared_ptr<const Media> media, const Pacer::Plan& plan, std::uint64_t seed,
            TimePoint now);

    [[nodiscard]] Info info() const;
    [[nodiscard]] std::uint64_t size() const { return media_->bytes.size; }

    // A REPORT: what arrived, what is missing. Sends ALIVE if it is due. Sends no data: that is
    // for send_due().
    void on_report(const Report& report, TimePoint now, const Send& send);

    // Sends the pieces whose time has come: none before the first REPORT. Throws SystemError, or
    // std::runtime_error, if the clip cannot be read.
    void send_due(TimePoint now, const Send& send);

    // The client has everything, as its last REPORT told, or its BYE.
    void on_contiguous(std::uint64_t offset);
    [[nodiscard]] bool complete() const noexcept { return contiguous_ == size(); }

    // "1000000 bytes in 667 datagrams, 3 resent, 10.012 s, 99.9 kB/s".
    [[nodiscard]] std::string summary(TimePoint now) const;

  private:
    void send_piece(std::uint64_t number, const ByteRange& piece, TimePoint now, const Send& send);
    [[nodiscard]] std::uint64_t left() const { return size() - sent_up_to_; }
    [[nodiscard]] std::uint64_t piece_count() const { return first_piece_ + pieces_.size(); }

    std::shared_ptr<const Media> media_;
    Pacer pacer_;

    // What the client was sent and may still ask for: each piece goes again as it went, with its
    // number and its boundaries. They are numbered from 0, and follow each other in the clip.
    struct Piece {
        ByteRange range;
        bool wanted = false;  // it is to go again
        [[nodiscard]] std::uint64_t end() const { return range.offset + range.length; }
    };
    std::deque<Piece> pieces_;
    std::uint64_t first_piece_ = 0;  // the number of the first of them
    std::uint64_t next_wanted_ = 0;  // no piece before this one is wanted
    std::uint64_t sent_up_to_ = 0;

    RandomChunks sizes_;
    std::uint32_t next_size_;  // of the next new piece
    TimePoint started_;

    std::uint32_t last_report_ = 0;
    std::uint64_t contiguous_ = 0;
    bool sent_since_report_ = false;
    std::uint64_t resent_ = 0;
};

}  // namespace netlab::problem4
