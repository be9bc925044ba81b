// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/screen.hpp"
#include "problem4/stream_receiver.hpp"

namespace netlab::problem4 {

// Where a stream is, for the eye, from INFO on; `rate` is bytes a second, now:
// "clip.mp4  0:03 / 0:10  1.9 s ahead  31.2 kB/s  lost 12 kB  recovered 12 kB"; in bytes if the
// duration is unknown. At most `width` columns. Pure.
std::string status_text(const std::string& name, const StreamReceiver& stream, double rate,
                        std::size_t width);

// The last line of the terminal on stderr; draws nothing if there is none, or if not `wanted`.
class StatusLine {
  public:
    StatusLine(std::string name, bool wanted);

    // Draws four times a second at most.
    void update(const StreamReceiver& stream, TimePoint now);
    void clear() noexcept {
        if (line_) line_->show("");
    }

  private:
    std::string name_;
    std::optional<LastLine> line_;
    TimePoint drawn_{};
    std::uint64_t received_ = 0;  // by then
};

}  // namespace netlab::problem4
