// SPDX-License-Identifier: MIT
#pragma once

#include <deque>

#include "common/socket.hpp"

namespace netlab {

// Connections that are about to be closed, after a final reply: TcpStream's close_gracefully() for
// an accept loop, which must not wait. If a connection is closed with the peer's request unread,
// the kernel resets it, which may destroy the reply on its way.
//
//     lingering.add(std::move(stream), now);                  // half-closes it
//     ... wait until lingering.next_deadline() at the latest ...
//     lingering.drain(now);                                   // once a turn
class LingeringStreams {
  public:
    // At most 64 of them, each for at most 1 s and 16 MiB; the oldest makes room for a new one.
    void add(TcpStream stream, TimePoint now);

    // Drops what their peers have sent, and closes those that are over. Never blocks.
    void drain(TimePoint now) noexcept;

    // When drain() is to be called again; kNever if there are none.
    [[nodiscard]] TimePoint next_deadline() const noexcept;

    void clear() noexcept { streams_.clear(); }

  private:
    struct Entry {
        TcpStream stream;
        TimePoint until;
        std::size_t budget;  // bytes that may still be dropped
    };
    std::deque<Entry> streams_;
    TimePoint drain_at_{};
};

}  // namespace netlab
