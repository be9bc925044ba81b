// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "common/error.hpp"
#include "common/line_buffer.hpp"
#include "common/text.hpp"
#include "common/trace.hpp"
#include "problem5/protocol.hpp"

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
    LinePeer(const std::string& own_name, const Tracer& tracer, TimePoint now) : tracer_(tracer) {
        if (!own_name.empty()) send(encode_name(own_name), now);
    }

    void say(std::string_view text, TimePoint now) override { send(encode_message(text), now); }

    [[nodiscard]] bool ready() const override { return unsent_.empty(); }
    void goodbye(TimePoint now) override {
        if (!open()) return;
        send(kByeLine, now);
        close_by_ = now + kLingerTime;
    }

    // At next_deadline(), or later.
    void on_timer(TimePoint now) {
        // While nothing is read, the end of the line cannot come.
        if (!wants_input() && line_by_ != kNever) line_by_ = now + kMessageTimeout;
        if (now < next_deadline()) return;
        if (now >= close_by_) return cut_off();
        fail(now >= line_by_ ? "a line was begun and not ended" : "the peer does not read");
    }

    [[nodiscard]] TimePoint next_deadline() const {
        if (over()) return kNever;
        return std::min(
            {close_by_, ended_ ? kNever : line_by_, unsent_.empty() ? kNever : send_by_});
    }

    // True until either end has left.
    [[nodiscard]] bool open() const { return close_by_ == kNever && !ended_; }
    [[nodiscard]] bool over() const override { return ended_ && unsent_.empty(); }
    [[nodiscard]] bool all_arrived() const override { return !cut_off_; }
    [[nodiscard]] bool name_may_come() const override { return !spoken_; }

    // The stream has failed. Ignored once the peer has left.
    void fail(const std::string& why) {
        if (!ended_) events_.push_back({PeerEvent::Kind::lost, why});
        cut_off();
    }

    // Where to put the bytes that come next, and how many came: 0 is the end of the stream.
    [[nodiscard]] MutableBytes prepare() { return input_.prepare(kMaxLine); }
    void on_bytes(std::size_t size, TimePoint now) {
        input_.commit(size);
        try {
            while (!ended_) {
                const auto line = input_.next();
                if (!line) break;
                line_by_ = kNever;
                on_line(*line, now);
            }
        } catch (const ProtocolError& error) {
            send("ERROR line too long\n", now);
            return end({PeerEvent::Kind::lost, error.what()}, now);
        }
        if (!input_.empty() && line_by_ == kNever) line_by_ = now + kMessageTimeout;
        if (size > 0 || ended_) return;
        // The stream has ended as it should: what stands behind the last newline counts.
        if (const auto rest = input_.last()) on_line(*rest, now);
        if (!ended_) end({PeerEvent::Kind::left}, now);
    }

    // False while what has come is not taken yet: then the stream should not be read further.
    [[nodiscard]] bool wants_input() const noexcept { return events_.empty() && !ended_; }

    [[nodiscard]] Bytes unsent() const noexcept { return unsent_.data(); }
    void on_sent(std::size_t size) noexcept { unsent_.consume(size); }

    // When the connection should be closed at the latest; kNever while open().
    [[nodiscard]] TimePoint close_by() const noexcept { return close_by_; }

  private:
    void send(std::string_view line, TimePoint now) {
        if (tracer_.on()) tracer_.sent(escaped(line.substr(0, line.size() - 1)));
        if (unsent_.empty()) send_by_ = now + kMessageTimeout;
        unsent_.append(as_bytes(line));
    }

    void on_line(std::string_view line, TimePoint now) {
        if (tracer_.on()) tracer_.received(escaped(line));
        auto event = parse_line(line);
        if (!event) return;
        using Kind = PeerEvent::Kind;
        spoken_ = spoken_ || event->kind == Kind::message;
        if (event->kind == Kind::left || event->kind == Kind::busy)
            return end(std::move(*event), now);
        events_.push_back(std::move(*event));
    }

    // Nothing that comes after it counts.
    void end(PeerEvent event, TimePoint now) {
        ended_ = true;
        events_.push_back(std::move(event));
        close_by_ = std::min(close_by_, now + kLingerTime);
    }

    void cut_off() {
        ended_ = true;
        cut_off_ = cut_off_ || !unsent_.empty();
        unsent_.clear();
    }

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
