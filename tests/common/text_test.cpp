// SPDX-License-Identifier: MIT
#include "common/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace netlab::testing {
namespace {

using namespace std::string_literals;

TEST(Escaped, LeavesTextAlone) {
    for (const std::string& text :
         {""s, "plain text, ~ and \\ and \""s, "gr\xc3\xbc\xc3\x9f dich"s, "\xe2\x82\xac"s,
          "\xf0\x9f\x98\x80"s, "\xc2\xa0"s, "\xed\x9f\xbf\xee\x80\x80"s, "\xf4\x8f\xbf\xbf"s}) {
        EXPECT_EQ(escaped(text), text);
    }
}

TEST(Escaped, ShowsControlCharacters) {
    EXPECT_EQ(escaped("a\x1b[2Jb"), "a\\x1b[2Jb");
    EXPECT_EQ(escaped("\0\t\r\n"s), "\\x00\\x09\\x0d\\x0a");
    EXPECT_EQ(escaped("\x7f"), "\\x7f");
    for (int c = 0; c < 0x20; ++c) {
        EXPECT_EQ(escaped(std::string(1, static_cast<char>(c))).size(), 4u);
    }
}

TEST(Escaped, ShowsC1ControlsRawOrAsUtf8) {
    EXPECT_EQ(escaped("\x9b[2J"), "\\x9b[2J");
    EXPECT_EQ(escaped("\xc2\x9b[2J"), "\\xc2\\x9b[2J");
    EXPECT_EQ(escaped("\xc2\x80"), "\\xc2\\x80");
    EXPECT_EQ(escaped("\xc2\x9f"), "\\xc2\\x9f");
}

TEST(Escaped, ShowsWhatIsNotUtf8ByteByByte) {
    EXPECT_EQ(escaped("\xff\xfe"), "\\xff\\xfe");
    EXPECT_EQ(escaped("a\x80"), "a\\x80");                           // a lone continuation
    EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
    EXPECT_EQ(escaped("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
    EXPECT_EQ(escaped("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf");  // overlong
    EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
    EXPECT_EQ(escaped("\xed\xbf\xbf"), "\\xed\\xbf\\xbf");           // a surrogate
    EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // over U+10FFFF
    EXPECT_EQ(escaped("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80");
}

TEST(Escaped, ResumesBehindATruncatedCharacter) {
    EXPECT_EQ(escaped("\xe2\x82"), "\\xe2\\x82");
    EXPECT_EQ(escaped("\xe2\x82z\xc3\xbc"), "\\xe2\\x82z\xc3\xbc");
    EXPECT_EQ(escaped("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
    EXPECT_EQ(escaped("\xc3\x1b"), "\\xc3\\x1b");  // an escape does not hide in a character
    EXPECT_EQ(escaped("\xe2\x82\x1b[2J"), "\\xe2\\x82\\x1b[2J");
}

TEST(Escaped, IsPrintableForEveryPairOfBytes) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string safe =
                escaped(std::string{static_cast<char>(first), static_cast<char>(second)});
            for (std::string_view left = safe; !left.empty();) {
                const std::size_t size = utf8_character_size(left);
                ASSERT_GT(size, 0u) << first << " " << second;
                ASSERT_FALSE(size == 1 && (left[0] < 0x20 || left[0] == 0x7F));
                left.remove_prefix(size);
            }
        }
    }
}

TEST(Escaped, ShowsWhatWouldTurnTheTextRoundOrBreakTheLine) {
    EXPECT_EQ(escaped("gpj.\u202Eexe"), "gpj.\\xe2\\x80\\xaeexe");
    for (const std::string text : {"\u2028", "\u2029", "\u202A", "\u2066", "\u2069"}) {
        EXPECT_EQ(escaped(text).substr(0, 4), "\\xe2") << text;
    }
    // Persian and emoji need the joiners.
    for (const std::string text : {"\u200C", "\u200D", "\u2027", "\u202F", "\u2065", "\u206A"}) {
        EXPECT_EQ(escaped(text), text);
    }
}

TEST(HasHiddenCharacter, FindsWhatTakesNoRoomOrTurnsTheText) {
    for (const std::string text :
         {"a\u200Bb", "a\u200D", "\u200F", "\uFEFFa", "\u202E", "\u2028", "a\u2066"}) {
        EXPECT_TRUE(has_hidden_character(text)) << escaped(text);
    }
    for (const std::string text : {"a\u0301", "\u200A", "\u2010", "漢字", "😀"}) {
        EXPECT_FALSE(has_hidden_character(text)) << text;
    }
}

TEST(HasHiddenCharacter, FindsC0AndC1ControlsAnywhere) {
    for (const std::string& text : {"\x1b"s, "a\nb"s, "ab\0"s, "\x7f"s, "gr\xc3\xbc\xc2\x9b"s,
                                    "\xc2\x80"s, "\xff\x01"s, "\xe2\x82\x1b"s}) {
        EXPECT_TRUE(has_hidden_character(text)) << escaped(text);
    }
    for (const std::string& text : {""s, "plain"s, "gr\xc3\xbc\xc3\x9f"s, "\xc2\xa0"s, "\x9b"s,
                                    "\xc3\x9b"s, "\xe2\x82\xac"s, "\xe2\x82"s}) {
        EXPECT_FALSE(has_hidden_character(text)) << escaped(text);
    }
}

TEST(Utf8CharacterSize, IsThatOfTheFirstCharacter) {
    EXPECT_EQ(utf8_character_size(""), 0u);
    EXPECT_EQ(utf8_character_size("ab"), 1u);
    EXPECT_EQ(utf8_character_size("\0"s), 1u);
    EXPECT_EQ(utf8_character_size("\xc3\xbc!"), 2u);
    EXPECT_EQ(utf8_character_size("\xe2\x82\xac!"), 3u);
    EXPECT_EQ(utf8_character_size("\xf0\x9f\x98\x80!"), 4u);
    EXPECT_EQ(utf8_character_size("\x80"), 0u);
    EXPECT_EQ(utf8_character_size("\xf0\x9f\x98"), 0u);
}

// How many characters of all those that a lead byte could begin are well-formed.
TEST(Utf8CharacterSize, AcceptsExactlyTheCharactersOfUnicode) {
    std::size_t characters = 0;
    std::string text(4, '\0');
    const auto set = [&](std::size_t i, int value) { text[i] = static_cast<char>(value); };
    for (int a = 0xC0; a < 0x100; ++a) {
        set(0, a);
        const int size = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
        for (int b = 0x80; b < 0xC0; ++b) {
            set(1, b);
            for (int c = 0x80; c < (size > 2 ? 0xC0 : 0x81); ++c) {
                set(2, c);
                for (int d = 0x80; d < (size > 3 ? 0xC0 : 0x81); ++d) {
                    set(3, d);
                    if (utf8_character_size(text) > 0) ++characters;
                }
            }
        }
    }
    EXPECT_EQ(characters, 0x110000u - 0x80 - 0x800);  // without ASCII and surrogates
}

}  // namespace
}  // namespace netlab::testing
