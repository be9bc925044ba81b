// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/io.hpp"

// What the fuzz targets share. A target is a function that libFuzzer (LLVM's LibFuzzer.html) calls
// with ever new bytes: it hands them to a parser as if a peer had sent them, and requires of the
// outcome what must hold for any bytes. An exception that it does not expect is a finding too.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace netlab::fuzz {

// Ends the program where it does not hold, so that the fuzzer keeps the input.
inline void require(bool holds) {
    if (!holds) __builtin_trap();
}

// The input, taken apart from the front: 0 and nothing where it has ended.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size)
        : left_(std::as_bytes(std::span(data, size))) {}

    std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
    std::uint64_t number(std::size_t bytes = 8) {
        std::uint64_t value = 0;
        for (; bytes > 0; --bytes) {
            value = value << 8 | (left_.empty() ? 0 : std::to_integer<std::uint64_t>(left_[0]));
            if (!left_.empty()) left_ = left_.subspan(1);
        }
        return value;
    }
    [[nodiscard]] Bytes rest() const { return left_; }
    [[nodiscard]] std::string_view text() const { return as_text(left_); }

  private:
    Bytes left_;
};

// Whether a terminal takes the text as it is: UTF-8 without control characters. Written apart from
// escaped() of common/text.hpp, which it judges.
inline bool printable(std::string_view text) {
    static constexpr std::uint32_t kMinCode[] = {0, 0x20, 0xA0, 0x800, 0x10000};  // by size
    while (!text.empty()) {
        const std::uint32_t first = static_cast<unsigned char>(text[0]);
        const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if ((first >= 0x80 && first < 0xC0) || first > 0xF7 || text.size() < size) return false;
        std::uint32_t code = size == 1 ? first : first & (0x7FU >> size);
        for (const char next : text.substr(1, size - 1)) {
            const std::uint32_t byte = static_cast<unsigned char>(next);
            if ((byte & 0xC0) != 0x80) return false;
            code = code << 6 | (byte & 0x3F);
        }
        const bool surrogate = code >= 0xD800 && code < 0xE000;
        const bool turns = (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
        if (code < kMinCode[size] || code == 0x7F || surrogate || turns || code > 0x10FFFF)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

// What a read from the network does to a LineBuffer or a ByteQueue.
template <typename Buffer>
void arrive(Buffer& buffer, Bytes some) {
    std::copy(some.begin(), some.end(), buffer.prepare(some.size()).begin());
    buffer.commit(some.size());
}

// Calls `read` with pieces of `size` bytes, the last of them shorter.
template <typename Read>
void in_pieces(Bytes all, std::size_t size, Read read) {
    for (; !all.empty(); all = all.subspan(std::min(size, all.size()))) {
        read(all.first(std::min(size, all.size())));
    }
}

}  // namespace netlab::fuzz
