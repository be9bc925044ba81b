// SPDX-License-Identifier: MIT
#include "common/line_buffer.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace netlab {

namespace {

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

}  // namespace netlab
