// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text as UTF-8 (RFC 3629), and how a terminal shows it. A byte that is not UTF-8 counts as a
// character of one column.

namespace netlab {

// `text` fit for a terminal: control characters (C0, C1, line separators, bidirectional controls)
// and bytes that are not UTF-8, as \x1b. What a peer sent is never shown otherwise: an escape code
// could move the cursor or retitle the window.
std::string escaped(std::string_view text);

// Whether `text` has a control character, or one without width (U+200B..U+200F, U+FEFF): two names
// must not look the same.
bool has_hidden_character(std::string_view text) noexcept;

// The length in bytes of the character at the front of `text`: 0 if there is none (an overlong
// form, a surrogate, beyond U+10FFFF, cut off).
std::size_t utf8_character_size(std::string_view text) noexcept;

// Takes the first character off `text`, which must not be empty.
std::string_view take_character(std::string_view& text) noexcept;

// Takes what stands before the first `separator` off `text`, and the separator too.
std::string_view take_word(std::string_view& text, char separator = ' ') noexcept;

// How many columns `text` takes: a combining accent 0, Chinese and most emoji 2 each.
std::size_t display_columns(std::string_view text) noexcept;

// As many whole characters of the front as fit into `columns`.
std::string_view cut_to_columns(std::string_view text, std::size_t columns) noexcept;

}  // namespace netlab
