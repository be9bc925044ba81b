// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace netlab {

// `text` fit for a terminal: control characters (C0, C1, line separators, bidirectional controls)
// and bytes that are not UTF-8, as \x1b. What a peer sent is never shown otherwise: an escape code
// could move the cursor or retitle the window.
std::string escaped(std::string_view text);

// Whether UTF-8 text has a control character, or one without width (U+200B..U+200F, U+FEFF): two
// names must not look the same. Bytes that are not UTF-8 are none.
bool has_hidden_character(std::string_view text) noexcept;

// The length in bytes of the UTF-8 character at the front of `text` (RFC 3629: no overlong forms,
// no surrogates, nothing over U+10FFFF); 0 where there is none.
std::size_t utf8_character_size(std::string_view text) noexcept;

// How many columns of a terminal one character of UTF-8 takes: 0 (a combining accent), 1, or 2
// (Chinese, most emoji). 1 where it is not UTF-8.
std::size_t display_columns(std::string_view character) noexcept;

struct TerminalSize {
    std::size_t rows = 24;
    std::size_t columns = 80;
};

// Of the terminal that stderr is; the usual 24 x 80 where it is none, or does not say.
TerminalSize terminal_size() noexcept;

// "512 B", "20.5 kB", "1.5 GB": powers of ten, as rates are told.
std::string show_bytes(double bytes);

// The last line of the terminal that stderr is, drawn again and again: a progress bar, a status.
// What print_out() and print_error() print meanwhile, in any thread, appears above it. One line at
// a time; an empty one removes it. Not together with a Console.
void redraw_line(std::string line) noexcept;

// A bar on stderr, from the first second on and redrawn at most ten times a second: bytes, percent,
// rate, time left.
// Draws nothing unless stderr is a terminal and `wanted` is true.
class ProgressBar {
  public:
    ProgressBar(std::string label, std::uint64_t total, bool wanted);
    ~ProgressBar() { clear(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void update(std::uint64_t done) {
        if (drawn_at_all_) draw(done, Clock::now());
    }
    void set_total(std::uint64_t total) noexcept { total_ = total; }
    void clear() noexcept {
        if (drawn_at_all_) redraw_line("");
    }

  private:
    void draw(std::uint64_t done, TimePoint now);

    std::string label_;
    std::uint64_t total_;
    bool drawn_at_all_;
    TimePoint start_;
    TimePoint next_draw_;
};

// One line of a progress bar, `width` columns wide at most. Pure.
std::string progress_line(std::string_view label, std::uint64_t done, std::uint64_t total,
                          Duration elapsed, std::size_t width);

}  // namespace netlab
