// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <string>

#include "common/line_buffer.hpp"
#include "common/trace.hpp"
#include "problem5/peer.hpp"

namespace netlab::problem5 {

// A peer on a byte stream: lines in, lines out. Knows no socket and no clock; whoever owns the
// stream feeds in what it receives and sends what is in unsent().
class LinePeer final : public Peer {
  public:
    // For a line once begun to be ended, and for what was said to be taken.
    static constexpr Duration kPatience = seconds(30);

    // An empty name is not told.
    LinePeer(const std::string& own_name, const Tracer& tracer, TimePoint now);

    void say(std::string_view text, TimePoint now) override;
    [[nodiscard]] bool ready() const override { return unsent_.empty(); }
    void goodbye(TimePoint now) override;
    [[nodiscard]] std::optional<PeerEvent> take_event() override;
    [[nodiscard]] bool name_may_come() const override { return !spoken_; }

    // Where to put the bytes that come next, and how many came: 0 is the end of the stream.
    [[nodiscard]] MutableBytes prepare() { return input_.prepare(kReadSize); }
    void received(std::size_t size, TimePoint now);
    // The stream has failed. Of no interest once the peer has left.
    void fail(const std::string& why);
    // False while what has come is not used yet: then it should not be read further.
    [[nodiscard]] bool wants_input() const noexcept { return used_up_ && !ended_; }

    // True at the end of the stream, after a goodbye or a failure.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    [[nodiscard]] Bytes unsent() const noexcept { return as_bytes(unsent_); }
    void sent(std::size_t size) { unsent_.erase(0, size); }

    // When the peer has tried our patience: call fail_if_late() then.
    [[nodiscard]] TimePoint deadline() const noexcept;
    void fail_if_late(TimePoint now);

  private:
    static constexpr std::size_t kReadSize = kMaxLine;

    void send(std::string_view line, TimePoint now);
    [[nodiscard]] std::optional<PeerEvent> event_of(std::string_view line);
    [[nodiscard]] std::optional<PeerEvent> take_line();

    const Tracer& tracer_;
    LineBuffer input_;
    std::string unsent_;
    std::optional<PeerEvent> last_event_;  // left or lost, once what came before it is taken
    bool ended_ = false;                   // nothing more will be read
    bool used_up_ = true;                  // no whole line is left in input_
    bool spoken_ = false;
    bool taken_leave_ = false;
    TimePoint received_at_{};
    TimePoint line_deadline_ = kNever;
    TimePoint send_deadline_ = kNever;
};

}  // namespace netlab::problem5
