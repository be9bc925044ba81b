// SPDX-License-Identifier: MIT
#include "common/line_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "common/error.hpp"

namespace netlab {

namespace {

constexpr std::size_t kLargestRead = 64 * 1024;

std::string_view without_carriage_return(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

MutableBytes LineBuffer::prepare(std::size_t size) {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        scanned_ -= begin_;
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() < end_ + size) buffer_.resize(end_ + size);
    return MutableBytes(buffer_).subspan(end_, size);
}

void LineBuffer::commit(std::size_t size) {
    end_ += size;
}

std::optional<std::string_view> LineBuffer::next() {
    const std::string_view all = as_text(buffer_);
    const std::size_t newline = all.substr(0, end_).find('\n', scanned_);
    scanned_ = newline == std::string_view::npos ? end_ : newline;
    // Neither "\n" nor "\r\n" counts, and the last byte of an unfinished line may be that "\r".
    const std::string_view line = without_carriage_return(all.substr(begin_, scanned_ - begin_));
    if (line.size() > max_line_) throw ProtocolError("line too long");
    if (newline == std::string_view::npos) return std::nullopt;

    begin_ = scanned_ = newline + 1;
    return line;
}

std::optional<std::string_view> LineBuffer::last() {
    if (begin_ == end_) return std::nullopt;
    const Bytes line = take(end_ - begin_);
    return without_carriage_return(as_text(line));
}

Bytes LineBuffer::take(std::size_t size) {
    const std::size_t count = std::min(size, end_ - begin_);
    const Bytes taken = Bytes(buffer_).subspan(begin_, count);
    begin_ += count;
    scanned_ = std::max(scanned_, begin_);
    return taken;
}

std::optional<std::size_t> LineReader::fill(TimePoint deadline) {
    const auto got = stream_.read_some(buffer_.prepare(read_size_), deadline);
    if (got) buffer_.commit(*got);
    if (got == read_size_) read_size_ = std::min(2 * read_size_, kLargestRead);
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
