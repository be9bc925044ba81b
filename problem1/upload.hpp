// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/atomic_file.hpp"
#include "common/checksum.hpp"
#include "common/chunking.hpp"
#include "problem1/frame.hpp"
#include "problem1/frame_stream.hpp"
#include "problem1/receive_options.hpp"
#include "problem1/receive_window.hpp"

namespace netlab::problem1 {

// The server's side of one file that arrives over TCP: answers each frame of the transfer, and
// writes each chunk once and in order, so that NAME.part is a prefix of the file at any moment.
class Upload {
  public:
    // From the client's START.
    Upload(const ReceiveOptions& options, const Frame& start);

    [[nodiscard]] std::uint32_t transfer() const noexcept { return transfer_; }

    // Queues the reply to a frame of this transfer.
    void handle(const Frame& frame, FrameStream& replies);

    // Writes the chunks that have come since the last call; before their ACKs are sent.
    void write_pending() noexcept;

    enum class State { receiving, done, failed };
    [[nodiscard]] State state() const noexcept { return state_; }

    // True where it failed only because an older NAME.part did not fit: the client starts again.
    [[nodiscard]] bool will_be_repeated() const noexcept {
        return state_ == State::failed && repeat_;
    }

    // One line for the log: what was received, or how far it came and why no further.
    [[nodiscard]] std::string report() const;

  private:
    void begin(const Frame& start);
    void on_data(const Frame& frame, FrameStream& replies);
    void on_end(const Frame& frame, FrameStream& replies);
    void write_buffer();
    void fail(ErrorInfo::Code code, const std::string& reason) noexcept;

    const ReceiveOptions& options_;
    std::uint32_t transfer_;
    StartInfo info_;
    State state_ = State::receiving;
    bool repeat_ = false;
    ErrorInfo error_;

    std::optional<AtomicFile> file_;
    std::optional<FixedChunks> chunks_;
    std::optional<ReceiveWindow> window_;
    std::uint64_t first_offset_ = 0;  // not 0 where an earlier attempt is continued
    std::uint64_t written_ = 0;       // the .part's size
    std::vector<std::byte> buffer_;   // chunks in order, not yet written
    Crc32 crc_;                       // of what was written by this transfer
    std::uint64_t duplicates_ = 0;
    TimePoint started_ = Clock::now();
    Duration elapsed_{};
};

}  // namespace netlab::problem1
