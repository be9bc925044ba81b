// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/byte_queue.hpp"

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
    [[nodiscard]] std::optional<std::string_view> next();

    // At the end of the stream: what stands after the last newline, if anything.
    [[nodiscard]] std::optional<std::string_view> last();

    // Up to `size` bytes that follow the lines taken so far, if a line announces raw content.
    [[nodiscard]] Bytes take(std::size_t size);

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }  // in bytes

  private:
    std::size_t max_line_;
    ByteQueue bytes_;
    std::size_t scanned_ = 0;  // bytes at the front that hold no newline
};

}  // namespace netlab
