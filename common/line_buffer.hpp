// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "common/byte_queue.hpp"
#include "common/error.hpp"

namespace netlab {

inline constexpr std::size_t kMaxLine = 64 * 1024;

// Cuts a stream of bytes into lines, in bounded memory. Pure: knows no socket.
class LineBuffer {
  public:
    explicit LineBuffer(std::size_t max_line = kMaxLine) : max_line_(max_line) {}

    // Where to put up to `size` bytes that come next, and how many came. Invalidates every line
    // handed out before.
    [[nodiscard]] MutableBytes prepare(std::size_t size) { return bytes_.prepare(size); }
    void commit(std::size_t size) { bytes_.commit(size); }

    // The next whole line without its "\n" or "\r\n", or nullopt until more bytes come. Throws
    // ProtocolError("line too long") once a line exceeds the limit. Valid until prepare().
    [[nodiscard]] std::optional<std::string_view> next() {
        const std::string_view all = as_text(bytes_.data());
        const std::size_t newline = all.find('\n', scanned_);
        scanned_ = std::min(newline, all.size());
        // Neither "\n" nor "\r\n" counts, and the last byte of an unfinished line may be that "\r".
        const std::string_view line = without_carriage_return(all.substr(0, scanned_));
        if (line.size() > max_line_) throw ProtocolError("line too long");
        if (newline == std::string_view::npos) return std::nullopt;

        bytes_.consume(newline + 1);
        scanned_ = 0;
        return line;
    }

    // At the end of the stream: what stands after the last newline, if anything.
    [[nodiscard]] std::optional<std::string_view> last() {
        if (empty()) return std::nullopt;
        return without_carriage_return(as_text(take(size())));
    }

    // Drops the line that has begun, as far as it has come: true if its end has, too.
    [[nodiscard]] bool skip_line() {
        const std::size_t newline = as_text(bytes_.data()).find('\n');
        const bool ended = newline != std::string_view::npos;
        static_cast<void>(take(ended ? newline + 1 : size()));
        return ended;
    }

    // Up to `size` bytes that follow the lines taken so far, if a line announces raw content.
    [[nodiscard]] Bytes take(std::size_t size) {
        const Bytes taken = bytes_.data().first(std::min(size, bytes_.size()));
        bytes_.consume(taken.size());
        scanned_ -= std::min(scanned_, taken.size());
        return taken;
    }

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }  // in bytes

  private:
    static std::string_view without_carriage_return(std::string_view line) {
        return line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
    }

    std::size_t max_line_;
    ByteQueue bytes_;
    std::size_t scanned_ = 0;  // bytes at the front that hold no newline
};

}  // namespace netlab
