// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/screen.hpp"
#include "common/time.hpp"

namespace netlab::problem4 {

// Where a stream is, for the eye.
struct StreamStatus {
    std::string name;
    std::uint64_t size = 0;
    std::uint64_t consumed = 0;  // by the player
    std::uint64_t ahead = 0;     // bytes that are here and not consumed
    Duration duration{};         // zero: unknown
    double rate = 0;             // bytes a second, now
    std::uint64_t lost = 0;      // bytes
    std::uint64_t recovered = 0;
};

// "clip.mp4  0:03 / 0:10  1.9 s ahead  31.2 kB/s  lost 12 kB  recovered 12 kB"; in bytes if the
// duration is unknown. At most `width` columns. Pure.
std::string status_text(const StreamStatus& status, std::size_t width);

// The last line of the terminal on stderr; draws nothing if there is none, or if not `wanted`.
class StatusLine {
  public:
    explicit StatusLine(bool wanted);

    // Draws four times a second at most. `received` is all that has come, for the rate.
    void update(StreamStatus status, std::uint64_t received, TimePoint now);
    void clear() noexcept {
        if (line_) line_->show("");
    }

  private:
    std::optional<LastLine> line_;
    TimePoint drawn_{};
    std::uint64_t received_ = 0;
};

}  // namespace netlab::problem4
