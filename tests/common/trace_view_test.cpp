// SPDX-License-Identifier: MIT
//
// What trace_view makes of traces: steps, a ladder, a plot. Its command line is in
// tests/problem1/trace_pair_test.cpp.
#include <gtest/gtest.h>

#include "common/ladder.hpp"
#include "common/sequence_plot.hpp"

namespace netlab::testing {
namespace {

using Lines = std::vector<std::string>;

constexpr std::int64_t kMs = 1'000'000;

TraceRecord at(std::int64_t ms, std::string end, std::string_view dir, std::string_view message,
               std::string fate = "") {
    TraceRecord record = TraceRecord::describe(dir, message);
    record.t = 5'000 * kMs + ms * kMs;
    record.end = std::move(end);
    record.fate = std::move(fate);
    return record;
}

std::optional<std::int64_t> time(std::int64_t ms) {
    return 5'000 * kMs + ms * kMs;
}

TEST(TraceSteps, PutsWhatOneEndSentAndTheOtherReceivedTogether) {
    const auto steps =
        steps_of({at(1, "client", "out", "DATA seq=1"), at(4, "client", "in", "ACK seq=1"),
                  at(2, "server", "in", "DATA seq=1"), at(3, "server", "out", "ACK seq=1")});
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_TRUE(steps[0].of_client);
    EXPECT_EQ(steps[0].sent, time(1));
    EXPECT_EQ(steps[0].received, time(2));
    EXPECT_FALSE(steps[1].of_client);
    EXPECT_EQ(steps[1].sent, time(3));
    EXPECT_EQ(steps[1].received, time(4));
    EXPECT_FALSE(steps[0].lost || steps[1].lost);
}

TEST(TraceSteps, KnowsWhatIsLostByItsFateOrByTheOtherEnd) {
    const auto steps = steps_of(
        {at(1, "client", "out", "DATA seq=1", "dropped"), at(2, "client", "out", "DATA seq=1"),
         at(3, "server", "in", "DATA seq=1"), at(4, "client", "out", "DATA seq=2")});
    ASSERT_EQ(steps.size(), 3u);
    EXPECT_TRUE(steps[0].lost);
    EXPECT_FALSE(steps[1].lost);
    EXPECT_EQ(steps[1].received, time(3));
    EXPECT_TRUE(steps[2].lost);
}

TEST(TraceSteps, TakesNothingForLostIfTheOtherEndIsNotThere) {
    for (const TraceStep& step :
         steps_of({at(1, "client", "out", "DATA seq=1"), at(2, "client", "in", "ACK seq=1")})) {
        EXPECT_FALSE(step.lost);
    }
}

TEST(TraceSteps, MarksWhatIsSentAgainButNoSecondLineOfText) {
    const auto steps =
        steps_of({at(1, "client", "out", "DATA seq=1"), at(2, "client", "out", "DATA seq=1"),
                  at(3, "client", "out", "12 + 30"), at(4, "client", "out", "12 + 30"),
                  at(5, "client", "out", "PING"), at(6, "client", "out", "PING"),
                  at(7, "server", "out", "DATA seq=1"), at(8, "client", "note", "timeout seq=1"),
                  at(9, "client", "note", "timeout seq=1")});
    ASSERT_EQ(steps.size(), 9u);
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i].again, i == 1) << i;
}

TEST(TraceSteps, ShowsASecondArrivalByItself) {
    const auto steps =
        steps_of({at(1, "client", "out", "DATA seq=1", "duplicated"),
                  at(2, "server", "in", "DATA seq=1"), at(3, "server", "in", "DATA seq=1")});
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_TRUE(steps[1].of_client);
    EXPECT_FALSE(steps[1].sent);
    EXPECT_EQ(steps[1].received, time(3));
}

TEST(Ladder, HasAnArrowForEachMessageAndBothTimes) {
    const auto steps = steps_of(
        {at(0, "client", "out", "DATA seq=1"), at(2, "server", "in", "DATA seq=1"),
         at(3, "server", "out", "ACK seq=1", "dropped"), at(23, "client", "note", "timeout seq=1"),
         at(24, "client", "out", "DATA seq=1", "dropped"), at(30, "server", "note", "silent")});
    const Lines expected{
        " client ms |                                              | server ms",
        "     0.000 |-- DATA seq=1 ------------------------------->| 2.000",
        "           |      x---------------- ACK seq=1 (dropped) --| 3.000",
        "    23.000 |* timeout seq=1                               |",
        "    24.000 |-- DATA seq=1 (dropped) (again) -------x      |",
        "           |                                      silent *| 30.000",
    };
    EXPECT_EQ(ladder(steps, 70), expected);
}

TEST(Ladder, ShowsTheOnlyEndThatThereIs) {
    const auto steps =
        steps_of({at(0, "server", "in", "DATA seq=1"), at(1, "server", "out", "ACK seq=1")});
    EXPECT_EQ(ladder(steps, 60), (Lines{
                                     " client ms |                                    | server ms",
                                     "           |-- DATA seq=1 --------------------->| 0.000",
                                     "           |<---------------------- ACK seq=1 --| 1.000",
                                 }));
}

TEST(Ladder, IsAsWideAsItIsToldAndCutsWhatIsLonger) {
    const std::string text =
        "gr\xc3\xbc\xc3\x9f" + std::string(300, 'e') + "\xe4\xb8\xad\xe6\x96\x87";
    const auto steps = steps_of({at(0, "client", "out", "MSG 1 " + text, "dropped")});
    for (const std::size_t width : {60u, 61u, 80u, 200u}) {
        const Lines lines = ladder(steps, width);
        ASSERT_EQ(lines.size(), 2u);
        // Two characters of two bytes each, and no time on the right.
        EXPECT_EQ(lines[1].size() - 2, width - 11) << lines[1];
        EXPECT_NE(lines[1].find("... -"), std::string::npos) << lines[1];
    }
    EXPECT_EQ(ladder(steps, 10), ladder(steps, kMinLadderWidth));
}

TEST(Ladder, ShowsNoControlCharacters) {
    const Lines lines = ladder(steps_of({at(0, "client", "out", "a\x1b[2Jb")}), 80);
    EXPECT_NE(lines.at(1).find("a\\x1b[2Jb"), std::string::npos) << lines[1];
}

TEST(SequencePlot, DrawsSentSentAgainLostAndAcknowledged) {
    const auto steps = steps_of({at(0, "client", "out", "DATA seq=1 len=100"),
                                 at(1, "server", "in", "DATA seq=1 len=100"),
                                 at(5, "client", "in", "ACK seq=1 len=0"),
                                 at(6, "client", "out", "DATA seq=2 len=100", "dropped"),
                                 at(26, "client", "out", "DATA seq=2 len=100"),
                                 at(27, "server", "in", "DATA seq=2 len=100"),
                                 at(28, "server", "out", "ACK seq=2 len=0", "dropped"),
                                 at(29, "client", "out", "END seq=3")});
    const std::string script = sequence_plot(steps, "it's.svg");
    EXPECT_NE(script.find("set output 'it''s.svg'\n"), std::string::npos) << script;
    EXPECT_NE(script.find("title 'sent', '-'"), std::string::npos) << script;
    EXPECT_TRUE(
        script.ends_with("title 'ACK lost'\n"
                         "0.000 1\n6.000 2\ne\n"
                         "5.000 1\ne\n"
                         "26.000 2\ne\n"
                         "6.000 2\ne\n28.000 2\ne\n"))
        << script;
}

TEST(SequencePlot, DrawsOffsetsWhereDataHasThem) {
    const auto steps = steps_of({at(0, "server", "out", "DATA seq=0 offset=0 len=1500"),
                                 at(1, "server", "out", "DATA seq=1 offset=1500 len=1500"),
                                 at(9, "server", "in", "REPORT number=1 contiguous=3000")});
    const std::string script = sequence_plot(steps, "x.svg");
    EXPECT_NE(script.find("offset (bytes)"), std::string::npos);
    EXPECT_TRUE(script.ends_with("0.000 0\n1.000 1500\ne\n9.000 3000\ne\n")) << script;
}

TEST(SequencePlot, DrawsTheNumbersOfAChat) {
    const auto steps =
        steps_of({at(0, "client", "out", "MSG 1 hello"), at(2, "client", "in", "ACK 1")});
    EXPECT_TRUE(sequence_plot(steps, "x.svg").ends_with("0.000 1\ne\n2.000 1\ne\n"));
}

TEST(SequencePlot, IsEmptyWhereNothingHasANumber) {
    EXPECT_EQ(sequence_plot({}, "x.svg"), "");
    EXPECT_EQ(sequence_plot(steps_of({at(0, "client", "out", "6 * 7")}), "x.svg"), "");
}

}  // namespace
}  // namespace netlab::testing
