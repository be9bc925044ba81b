// SPDX-License-Identifier: MIT
#include "common/line_reader.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace netlab {

constexpr std::size_t kMaxReadSize = 64 * 1024;

std::size_t LineReader::fill(TimePoint deadline, const char* problem) {
    const auto got = stream_.read_some(buffer_.prepare(read_size_), deadline);
    if (!got) throw TimeoutError(stream_.peer_name() + problem);
    buffer_.commit(*got);
    if (*got == read_size_) read_size_ = std::min(2 * read_size_, kMaxReadSize);
    return *got;
}

std::optional<std::string_view> LineReader::read_line(TimePoint idle) {
    TimePoint deadline = buffer_.empty() ? idle : deadline_in(message_timeout_);
    while (true) {
        if (const auto line = buffer_.next()) return line;
        const bool begun = !buffer_.empty();
        const char* problem = begun ? ": a line was begun and not ended" : ": silent too long";
        if (fill(deadline, problem) == 0) return buffer_.last();
        if (!begun) deadline = deadline_in(message_timeout_);
    }
}

Bytes LineReader::read_content(std::size_t size, TimePoint deadline) {
    if (buffer_.empty()) fill(deadline, ": no more data in time");
    return buffer_.take(size);
}

}  // namespace netlab
