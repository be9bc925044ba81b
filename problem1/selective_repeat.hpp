// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "common/retransmit.hpp"
#include "problem1/sending.hpp"

namespace netlab::problem1 {

// The sender's half of --window N: up to N chunks in flight, each with its own acknowledgement and
// its own timer. Knows no socket and no clock: frames and the time come in, frames and the next
// deadline go out. START and END travel the same way, each as a window of one.
class SelectiveRepeat {
  public:
    explicit SelectiveRepeat(const Delivery& file) : file_(file) {}

    // Throws Refused, ProtocolError.
    void on_frame(const Frame& frame, TimePoint now);

    // Sends again what has timed out, then what the window has room for; at most about `max_bytes`,
    // nothing at all for 0. Throws TimeoutError after too many retransmissions of one frame.
    void send_due(TimePoint now, std::size_t max_bytes, FrameSink& sink);

    // When send_due() has something to do that no frame brings about. To be asked after send_due().
    [[nodiscard]] TimePoint next_deadline() const noexcept { return window_->next_timeout(); }

    // The server has the file, verified and durable.
    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] Sent result() const {
        return {file_.source.size() - offset_, chunks_.count() - file_.chunks_before(offset_),
                retransmissions_};
    }

    // Bytes of the file that have been sent at least once.
    [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }

  private:
    void advance();
    void send(std::uint64_t number, FrameSink& sink);

    Delivery file_;
    FixedChunks chunks_ = file_.chunks();
    // In turn: START alone (0..0), the chunks (..N), END alone (N + 1..N + 1).
    std::optional<SendWindow> window_{std::in_place, 0, 1, file_.rtt};
    std::uint64_t last_ = 0;    // of what goes through this window
    bool end_arrived_ = false;  // END is at the server, which is busy with its disk
    std::uint64_t offset_ = 0;
    std::uint64_t sent_bytes_ = 0;
    std::uint64_t retransmissions_ = 0;
    bool done_ = false;
};

}  // namespace netlab::problem1
