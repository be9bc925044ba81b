// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "common/time.hpp"
#include "problem1/frame.hpp"

namespace netlab::problem1 {

// Where a machine puts the frames that it wants to send: a connection, a socket, or the network of
// a simulation.
class FrameSink {
  public:
    virtual ~FrameSink() = default;
    virtual void send(const Frame& frame) = 0;
    // Something that belongs in the trace between the frames: a timeout.
    virtual void note(const std::string& text) = 0;
};

// What a program that waits for each answer needs as well: a channel with a clock of its own.
class FrameChannel : public FrameSink {
  public:
    // The next intact frame: nullopt at the deadline. Valid until the next call.
    [[nodiscard]] virtual std::optional<Frame> receive(TimePoint deadline) = 0;
    [[nodiscard]] virtual TimePoint now() const = 0;
};

}  // namespace netlab::problem1
