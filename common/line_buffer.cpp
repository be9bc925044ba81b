// SPDX-License-Identifier: MIT
#include "common/line_buffer.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxRead = 64 * 1024;

std::string_view without_carriage_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::optional<std::string_view> LineBuffer::next() {
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

std::optional<std::string_view> LineBuffer::last() {
    if (bytes_.empty()) return std::nullopt;
    return without_carriage_return(as_text(take(bytes_.size())));
}

Bytes LineBuffer::take(std::size_t size) {
    const Bytes taken = bytes_.data().first(std::min(size, bytes_.size()));
    bytes_.consume(taken.size());
    scanned_ -= std::min(scanned_, taken.size());
    return taken;
}

std::optional<std::size_t> LineReader::fill(TimePoint deadline) {
    const auto got = stream_.read_some(buffer_.prepare(read_size_), deadline);
    if (got) buffer_.commit(*got);
    if (got == read_size_) read_size_ = std::min(2 * read_size_, kMaxRead);
    return got;
}

std::optional<std::string_view> LineReader::read_line(TimePoint idle) {
    TimePoint deadline = buffer_.empty() ? idle : deadline_in(message_timeout_);
    while (true) {
        if (const auto line = buffer_.next()) return line;
        const bool begun = !buffer_.empty();
        const auto got = fill(deadline);
        if (!got) {
            throw TimeoutError(stream_.peer_name() +
                               (begun ? ": a line was begun and not ended" : ": silent too long"));
        }
        if (*got == 0) return buffer_.last();
        if (!begun) deadline = deadline_in(message_timeout_);
    }
}

Bytes LineReader::read_content(std::size_t size, TimePoint deadline) {
    if (buffer_.empty()) {
        const auto got = fill(deadline);
        if (!got) throw TimeoutError(stream_.peer_name() + ": no more data in time");
    }
    return buffer_.take(size);
}

}  // namespace netlab
