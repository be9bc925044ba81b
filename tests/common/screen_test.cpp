// SPDX-License-Identifier: MIT
//
// What stands in the last line of a terminal: progress bars, and what is printed meanwhile.
#include "common/screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "common/error.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"
#include "tests/common/redirect.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {
namespace {

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
    ASSERT_TRUE(drawn.starts_with("a ")) << escaped(drawn);
    EXPECT_NE(drawn.find("50%"), std::string::npos) << escaped(drawn);
    EXPECT_LT(drawn.size(), 60u) << escaped(drawn);
    EXPECT_EQ(terminal.shown(give_up_after(kPatience) - Clock::now()), "\r\x1b[J");
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
    EXPECT_LE(static_cast<double>(std::count(drawn.begin(), drawn.end(), '%')), elapsed * 10 + 1);
}

TEST(LastLine, IsLiftedWhileOthersPrint) {
    PseudoTerminal terminal;
    const Redirected err(STDERR_FILENO, terminal.slave);
    {
        LastLine line;
        print_error("before\n");
        line.show("half way");
        print_error("a trace\n");
        line.show("done");
        line.show("");
        print_error("between\n");
        line.show("again");
    }
    print_error("after\n");
    const std::string expected =
        "before\r\nhalf way\r\x1b[Ja trace\r\nhalf way\r\x1b[Jdone\r\x1b[Jbetween\r\nagain"
        "\r\x1b[Jafter\r\n";
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
