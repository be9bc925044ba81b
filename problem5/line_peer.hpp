// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/line_buffer.hpp"
#include "common/trace.hpp"
#include "problem5/peer.hpp"

namespace netlab::problem5 {

// A peer on a byte stream: lines in, lines out. Whoever owns the stream feeds in what it receives,
// and sends what is in unsent().
class LinePeer final : public Peer {
  public:
    // For the rest of a line that has begun, and for the peer to take what was sent.
    static constexpr Duration kMessageTimeout = seconds(30);
    // Once either has left: for the last lines of both.
    static constexpr Duration kLingerTime = seconds(1);

    // An empty name is not sent.
    LinePeer(const std::string& own_name, const Tracer& tracer, TimePoint now);

    void say(std::string_view text, TimePoint now) override;
    [[nodiscard]] bool ready() const override { return unsent_.empty(); }
    void goodbye(TimePoint now) override;
    // At next_deadline(), or later.
    void on_timer(TimePoint now);
    [[nodiscard]] TimePoint next_deadline() const;

    // True until either end has left.
    [[nodiscard]] bool open() const { return close_by_ == kNever && !ended_; }
    [[nodiscard]] bool over() const override { return ended_ && unsent_.empty(); }
    [[nodiscard]] bool all_arrived() const override { return !cut_off_; }
    [[nodiscard]] bool name_may_come() const override { return !spoken_; }

    // The stream has failed. Ignored once the peer has left.
    void fail(const std::string& why);

    // Where to put the bytes that come next, and how many came: 0 is the end of the stream.
    [[nodiscard]] MutableBytes prepare() { return input_.prepare(kMaxLine); }
    void on_bytes(std::size_t size, TimePoint now);
    // False while what has come is not taken yet: then the stream should not be read further.
    [[nodiscard]] bool wants_input() const noexcept { return events_.empty() && !ended_; }

    [[nodiscard]] Bytes unsent() const noexcept { return unsent_.data(); }
    void on_sent(std::size_t size) noexcept { unsent_.consume(size); }

    // When the connection should be closed at the latest; kNever while open().
    [[nodiscard]] TimePoint close_by() const noexcept { return close_by_; }

  private:
    void send(std::string_view line, TimePoint now);
    void on_line(std::string_view line, TimePoint now);
    void end(PeerEvent event, TimePoint now);
    void cut_off();

    const Tracer& tracer_;
    LineBuffer input_;
    ByteQueue unsent_;
    bool ended_ = false;  // nothing more will be read
    bool spoken_ = false;
    bool cut_off_ = false;
    TimePoint line_by_ = kNever;
    TimePoint send_by_ = kNever;
    TimePoint close_by_ = kNever;
};

}  // namespace netlab::problem5
