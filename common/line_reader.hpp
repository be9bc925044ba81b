// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/error.hpp"
#include "common/line_buffer.hpp"
#include "common/socket.hpp"

namespace netlab {

// Lines from a TCP stream. A peer may be silent between lines for as long as it likes (or for
// `idle` below), but a line once begun must be complete within the message timeout.
// Keeps a reference to the stream. Not thread-safe.
class LineReader {
  public:
    explicit LineReader(TcpStream& stream, std::size_t max_line = kMaxLine,
                        Duration message_timeout = seconds(30))
        : stream_(stream), buffer_(max_line), message_timeout_(message_timeout) {}

    // The next line, also one without a newline at the end of the stream; nullopt at the end. Valid
    // until the next call. Throws TimeoutError if the stream stays silent past `idle`, or a line
    // is begun and not ended in time; ProtocolError if it is too long; SystemError.
    [[nodiscard]] std::optional<std::string_view> read_line(TimePoint idle = kNever) {
        TimePoint deadline = buffer_.empty() ? idle : deadline_in(message_timeout_);
        while (true) {
            if (const auto line = buffer_.next()) return line;
            const bool begun = !buffer_.empty();
            const char* problem = begun ? ": a line was begun and not ended" : ": silent too long";
            if (fill(deadline, problem) == 0) return buffer_.last();
            if (!begun) deadline = deadline_in(message_timeout_);
        }
    }

    // A line that has arrived already, without waiting. Valid until the next call. Throws
    // ProtocolError.
    [[nodiscard]] std::optional<std::string_view> buffered_line() { return buffer_.next(); }

    // Up to `size` bytes of raw content: those that came along with the lines first, then from the
    // stream; empty at the end of it. Valid until the next call. Throws TimeoutError at the
    // deadline, SystemError.
    [[nodiscard]] Bytes read_content(std::size_t size, TimePoint deadline) {
        if (buffer_.empty()) fill(deadline, ": no more data in time");
        return buffer_.take(size);
    }

  private:
    static constexpr std::size_t kMaxReadSize = 64 * 1024;

    // How many bytes have come: 0 at the end. Throws TimeoutError with the problem.
    std::size_t fill(TimePoint deadline, const char* problem) {
        const auto got = stream_.read_some(buffer_.prepare(read_size_), deadline);
        if (!got) throw TimeoutError(stream_.peer_name() + problem);
        buffer_.commit(*got);
        if (*got == read_size_) read_size_ = std::min(2 * read_size_, kMaxReadSize);
        return *got;
    }

    TcpStream& stream_;
    LineBuffer buffer_;
    Duration message_timeout_;
    std::size_t read_size_ = 4096;  // grows with what comes: most connections need no more
};

}  // namespace netlab
