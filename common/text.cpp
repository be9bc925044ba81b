// SPDX-License-Identifier: MIT
#include "common/text.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cstdio>

namespace netlab {

namespace {

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    // U+0080..U+009F, the C1 controls: some terminals obey them.
    if (character.size() == 2) return first == 0xC2 && character < "\u00A0";
    // Line separators, and what turns the direction of text round: the eye reads another order than
    // the program. UTF-8 sorts as its characters do.
    return (character >= "\u2028" && character <= "\u202E") ||
           (character >= "\u2066" && character <= "\u2069");
}

bool has_no_width(std::string_view character) {
    return (character >= "\u200B" && character <= "\u200F") || character == "\uFEFF";
}

std::size_t columns_of_character(std::string_view character) noexcept {
    if (character.size() == 1) return 1;
    // wcwidth(3) knows Unicode in a UTF-8 locale alone; the program's own stays "C".
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    if (utf8 == locale_t{}) return 1;
    const locale_t before = ::uselocale(utf8);
    mbstate_t state{};
    wchar_t wide = 0;
    const std::size_t size = character.size();
    const bool known = ::mbrtowc(&wide, character.data(), size, &state) == size;
    const int columns = known ? ::wcwidth(wide) : 1;
    ::uselocale(before);
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

}  // namespace

std::size_t utf8_character_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.empty()) return 0;
    if (byte(0) < 0x80) return 1;
    const std::size_t size = byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
    if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const bool overlong =
        (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
    const bool surrogate = byte(0) == 0xED && byte(1) > 0x9F;
    const bool too_large = byte(0) == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || too_large ? 0 : size;
}

std::string_view take_character(std::string_view& text) noexcept {
    const std::size_t size = std::max<std::size_t>(1, utf8_character_size(text));
    const std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    return character;
}

std::string_view take_word(std::string_view& text, char separator) noexcept {
    const std::string_view word = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

bool has_hidden_character(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::string_view character = take_character(text);
        if (is_control(character) || has_no_width(character)) return true;
    }
    return false;
}

std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const std::string_view character = take_character(text);
        if (utf8_character_size(character) > 0 && !is_control(character)) {
            safe += character;
            continue;
        }
        for (const char byte : character) {
            char hex[5];
            std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(byte));
            safe += hex;
        }
    }
    return safe;
}

std::size_t display_columns(std::string_view text) noexcept {
    std::size_t columns = 0;
    while (!text.empty()) columns += columns_of_character(take_character(text));
    return columns;
}

std::string_view cut_to_columns(std::string_view text, std::size_t columns) noexcept {
    std::string_view rest = text;
    std::size_t kept = 0;
    while (!rest.empty()) {
        const std::size_t width = columns_of_character(take_character(rest));
        if (width > columns) break;
        columns -= width;
        kept = text.size() - rest.size();
    }
    return text.substr(0, kept);
}

}  // namespace netlab
