// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>

#include "common/socket.hpp"
#include "common/time.hpp"

namespace netlab::testing {

// How a proxied connection ends.
enum class Cut {
    kClose,  // both ends read the end of the stream
    kReset,  // both ends read ECONNRESET
};

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// What happens to the bytes of one direction of a TCP connection.
struct TcpFaults {
    std::size_t write_size = 0;          // at most so many bytes a write; 1 stammers; 0: no limit
    Duration pause{};                    // between two writes
    Duration delay{};                    // each byte is so late
    std::uint64_t cut_after = kNoLimit;  // so many bytes go on, then the connection is cut
    Cut cut = Cut::kClose;
    std::uint64_t freeze_after = kNoLimit;  // so many bytes are read, then none ever
};

// Moves bytes from one socket to another, with faults; never blocks.
class TcpPump {
  public:
    explicit TcpPump(const TcpFaults& faults) : faults_(faults) {}

    // Whether read() should be called when the source is readable.
    [[nodiscard]] bool wants_to_read() const;

    // Reads once what is there. Throws SystemError on a reset.
    void read(TcpStream& source);

    // Writes what is due, and forwards the end of the stream behind it: the number of bytes. Throws
    // SystemError on a reset.
    std::size_t write(TcpStream& sink, TimePoint now);

    // True while the sink does not take what is due: write() again when it is writable.
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }

    // When there is something to write next, if the sink is not blocked; or kNever.
    [[nodiscard]] TimePoint next_write() const;

    [[nodiscard]] bool cut_reached() const noexcept { return written_ >= faults_.cut_after; }
    [[nodiscard]] bool finished() const noexcept { return finished_; }

    // Stops or resumes reading; what is read already still goes on.
    void freeze(bool on) noexcept { frozen_ = on; }

  private:
    struct Chunk {
        TimePoint due;
        std::string bytes;  // empty: the end of the stream
    };
    std::size_t write_front(TcpStream& sink);

    TcpFaults faults_;
    std::deque<Chunk> queue_;
    std::size_t queued_bytes_ = 0;
    std::size_t front_done_ = 0;  // bytes of the first chunk that are written
    std::uint64_t read_ = 0;
    std::uint64_t written_ = 0;
    TimePoint paused_until_{};
    bool blocked_ = false;
    bool frozen_ = false;
    bool ended_ = false;     // the source's end was read
    bool finished_ = false;  // and written
};

}  // namespace netlab::testing
