// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

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

}  // namespace netlab
