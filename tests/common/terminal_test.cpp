// SPDX-License-Identifier: MIT
#include "common/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "common/error.hpp"
#include "common/io.hpp"
#include "tests/common/redirect.hpp"
#include "tests/support/timeout.hpp"

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

TEST(ShowBytes, TellsPowersOfTen) {
    EXPECT_EQ(show_bytes(0), "0 B");
    EXPECT_EQ(show_bytes(512), "512 B");
    EXPECT_EQ(show_bytes(999), "999 B");
    EXPECT_EQ(show_bytes(1000), "1 kB");
    EXPECT_EQ(show_bytes(20'500), "20.5 kB");
    EXPECT_EQ(show_bytes(64e6), "64 MB");
    EXPECT_EQ(show_bytes(3e12), "3 TB");
}

TEST(ShowBytes, ReadsAsItsHeaderSays) {
    EXPECT_EQ(show_bytes(1.5e9), "1.5 GB");
}

constexpr std::uint64_t kHalf = 500'000;
constexpr std::uint64_t kTotal = 1'000'000;

TEST(ProgressLine, TellsBytesPercentRateAndTimeLeft) {
    EXPECT_EQ(progress_line("notes.txt", kHalf, kTotal, seconds(2), 79),
              "notes.txt [##########..........]  50%  500 kB  250 kB/s  2 s left");
    EXPECT_EQ(progress_line("f", kTotal, kTotal, seconds(1), 79),
              "f [####################] 100%  1 MB  1 MB/s  0 s left");
}

TEST(ProgressLine, ShowsAHundredPercentOnlyAtTheEnd) {
    EXPECT_NE(progress_line("f", kTotal - 1, kTotal, seconds(1), 79).find(" 99%"),
              std::string::npos);
    EXPECT_NE(progress_line("f", 0, 0, Duration{}, 79).find("100%"), std::string::npos);
    EXPECT_NE(progress_line("f", kTotal + 1, kTotal, seconds(1), 79).find("100%"),
              std::string::npos);
}

TEST(ProgressLine, IsNeverWiderThanTheTerminal) {
    const std::string label(300, 'n');
    for (std::size_t width = 0; width < 200; ++width) {
        EXPECT_LE(progress_line(label, kHalf, kTotal, seconds(2), width).size(), width);
        EXPECT_LE(progress_line("f", kHalf, kTotal, seconds(2), width).size(), width);
    }
    EXPECT_EQ(progress_line(label, kHalf, kTotal, seconds(2), 150).size(), 150u);
}

TEST(ProgressLine, KeepsTheNumbersRatherThanTheName) {
    const std::string line = progress_line("a long name", kHalf, kTotal, seconds(2), 60);
    EXPECT_EQ(line, "a lo [##########..........]  50%  500 kB  250 kB/s  2 s left");
}

TEST(ProgressLine, CutsANameBetweenCharacters) {
    std::string name;
    for (int i = 0; i < 20; ++i) name += "\xe2\x82\xac";
    for (std::size_t width = 0; width < 130; ++width) {
        const std::string line = progress_line(name, kHalf, kTotal, seconds(2), width);
        EXPECT_EQ(escaped(line), line) << "width " << width;
    }
}

TEST(ProgressLine, StandsExtremes) {
    for (const Duration elapsed : {Duration{}, Duration{-1}, Duration{1}, Duration::max()}) {
        for (const std::uint64_t done : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) {
            const std::string line = progress_line("f", done, UINT64_MAX, elapsed, 120);
            EXPECT_TRUE(line.ends_with(" s left")) << line;
        }
    }
}

// A terminal of 60 columns, and what is shown on it.
struct PseudoTerminal {
    PseudoTerminal() : master(check(::posix_openpt(O_RDWR | O_NOCTTY), "posix_openpt")) {
        check(::grantpt(master.get()), "grantpt");
        check(::unlockpt(master.get()), "unlockpt");
        slave = open_file(::ptsname(master.get()), O_RDWR | O_NOCTTY);
        const winsize size{24, 60, 0, 0};
        check(::ioctl(master.get(), TIOCSWINSZ, &size), "ioctl");
    }
    // What is shown within the time, up to the moment when nothing more comes.
    std::string shown(Duration wait) {
        std::string text;
        std::vector<std::byte> buffer(4096);
        TimePoint deadline = deadline_in(wait);
        while (const auto got = read_some(master, buffer, deadline, "terminal")) {
            text += as_text(Bytes(buffer).first(*got));
            deadline = TimePoint{};
        }
        return text;
    }
    FileDescriptor master;
    FileDescriptor slave;
};

TEST(ProgressBar, DrawsItselfOnATerminalAndIsCleared) {
    PseudoTerminal terminal;
    const Redirected err(STDERR_FILENO, terminal.slave);
    std::string drawn;
    {
        ProgressBar bar("a rather long name.txt", 0, true);
        bar.set_total(1000);
        const TimePoint deadline = give_up_after(kPatience);
        while (drawn.empty() && Clock::now() < deadline) {
            bar.update(500);
            drawn = terminal.shown(milliseconds(10));
        }
    }
    ASSERT_TRUE(drawn.starts_with("\r\x1b[Ka ")) << escaped(drawn);
    EXPECT_NE(drawn.find("50%"), std::string::npos) << escaped(drawn);
    EXPECT_LT(drawn.size() - 4, 60u) << escaped(drawn);
    EXPECT_EQ(terminal.shown(give_up_after(kPatience) - Clock::now()), "\r\x1b[K");
}

TEST(ProgressBar, RedrawsAtMostTenTimesASecond) {
    PseudoTerminal terminal;
    const Redirected err(STDERR_FILENO, terminal.slave);
    const TimePoint start = Clock::now();
    std::string drawn;
    {
        ProgressBar bar("f", 1000, true);
        while (Clock::now() < start + milliseconds(350)) {
            bar.update(500);
            drawn += terminal.shown(Duration{});
        }
    }
    const double elapsed = to_seconds(Clock::now() - start);
    EXPECT_LE(static_cast<double>(std::count(drawn.begin(), drawn.end(), '\r')), elapsed * 10 + 1);
}

TEST(RedrawnLine, IsLiftedWhileOthersPrint) {
    PseudoTerminal terminal;
    const Redirected err(STDERR_FILENO, terminal.slave);
    redraw_line("half way");
    print_error("a trace\n");
    redraw_line("done");
    redraw_line("");
    print_error("after\n");
    const std::string expected =
        "\r\x1b[Khalf way\r\x1b[Ka trace\r\nhalf way\r\x1b[Kdone\r\x1b[Kafter\r\n";
    std::string drawn;
    const TimePoint deadline = give_up_after(kPatience);
    while (drawn.size() < expected.size() && Clock::now() < deadline) {
        drawn += terminal.shown(milliseconds(10));
    }
    EXPECT_EQ(escaped(drawn), escaped(expected));
}

TEST(ProgressBar, DrawsNothingWhereItIsNotWantedOrThereIsNoTerminal) {
    PseudoTerminal terminal;
    const auto draw_for_a_while = [](ProgressBar& bar) {
        const TimePoint start = Clock::now();
        while (Clock::now() < start + milliseconds(250)) bar.update(500);
        bar.clear();
    };
    {
        const Redirected err(STDERR_FILENO, terminal.slave);
        ProgressBar unwanted("f", 1000, false);
        draw_for_a_while(unwanted);
    }
    EXPECT_EQ(terminal.shown(Duration{}), "");

    const Captured err(STDERR_FILENO);
    ProgressBar in_a_file("f", 1000, true);
    draw_for_a_while(in_a_file);
    EXPECT_EQ(err.text(), "");
}

}  // namespace
}  // namespace netlab::testing
