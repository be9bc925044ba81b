// SPDX-License-Identifier: MIT
#include "problem3/calculator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/problem3/reference.hpp"

namespace netlab::problem3 {
namespace {

std::string answer(std::string_view line) {
    std::string out;
    append_answer(line, out);
    return out;
}

void expect_answers(const std::map<std::string, std::string>& expected) {
    for (const auto& [line, said] : expected) EXPECT_EQ(answer(line), said) << line;
}

TEST(Calculator, AddsSubtractsAndMultiplies) {
    expect_answers({{"12 + 30", "42"},
                    {"6*7", "42"},
                    {"5--3", "8"},
                    {"5-+3", "2"},
                    {"-5-3", "-8"},
                    {"+5+-3", "2"},
                    {" \t 1\t+ 2 ", "3"},
                    {"007 + 000", "7"},
                    {"-0 * 5", "0"}});
}

TEST(Calculator, GivesTheRemainderTheSignOfTheDividend) {
    expect_answers({{"7 % 3", "1"}, {"-7 % 3", "-1"}, {"7 % -3", "1"}, {"-7 % -3", "-1"}});
    expect_answers({{"-6 % 3", "0"}, {"3 % 7", "3"}});
}

TEST(Calculator, IsExactAtTheEndsOfTheRange) {
    expect_answers(
        {{"-9223372036854775808 / -1", "9223372036854775808"},
         {"-9223372036854775808 % -1", "0"},
         {"-9223372036854775808 * -1", "9223372036854775808"},
         {"9223372036854775807 + 1", "9223372036854775808"},
         {"-9223372036854775808 - 1", "-9223372036854775809"},
         {"9223372036854775807 - -9223372036854775808", "18446744073709551615"},
         {"-9223372036854775808 * -9223372036854775808", "85070591730234615865843651857942052864"},
         {"9223372036854775807 * -9223372036854775808", "-85070591730234615856620279821087277056"},
         {"-5000000000 * 2000000000", "-10000000000000000000"},
         {"10000000000 * 1000000001", "10000000010000000000"}});
}

TEST(Calculator, DividesEvenlyToAWholeNumber) {
    expect_answers({{"84 / 2", "42"}, {"-84 / 2", "-42"}, {"0 / -5", "0"}, {"-5 / -5", "1"}});
}

TEST(Calculator, DividesToADecimalOf17Digits) {
    expect_answers({{"7 / 2", "3.5"},
                    {"-7 / 2", "-3.5"},
                    {"1 / -8", "-0.125"},
                    {"10 / 3", "3.3333333333333333"},
                    {"2 / 3", "0.66666666666666667"},
                    {"20 / 3", "6.6666666666666667"},
                    {"1 / 30", "0.033333333333333333"},
                    {"100 / 7", "14.285714285714286"},
                    {"1 / 9223372036854775807", "0.00000000000000000010842021724855044"},
                    {"-1 / -9223372036854775808", "0.00000000000000000010842021724855044"}});
}

TEST(Calculator, KeepsOneDigitAfterThePointOfALongNumber) {
    expect_answers({{"9223372036854775807 / 2", "4611686018427387903.5"},
                    {"9223372036854775807 / -10", "-922337203685477580.7"}});
}

// What is left after the last digit is exactly one half, or a little more.
TEST(Calculator, RoundsAHalfToTheEvenDigit) {
    expect_answers({{"1000000000000000005 / 20", "50000000000000000.2"},
                    {"1000000000000000015 / 20", "50000000000000000.8"},
                    {"100000000000000005 / 1000000000000000000", "0.1"},
                    {"100000000000000015 / 1000000000000000000", "0.10000000000000002"},
                    {"100000000000000025 / 1000000000000000000", "0.10000000000000002"},
                    {"100000000000000026 / 1000000000000000000", "0.10000000000000003"}});
}

TEST(Calculator, DropsTheZerosOfADecimalThatRoundsToAWholeNumber) {
    expect_answers({{"999999999999999999 / 1000000000000000000", "1"},
                    {"9223372036854775807 / 9223372036854775806", "1"},
                    {"-999999999999999999 / 10000000000", "-100000000"},
                    {"2999999999999999999 / 30", "100000000000000000"}});
}

TEST(Calculator, AgreesWithArithmeticOnPaper) {
    constexpr std::uint64_t kSeed = 31;
    for (const auto& sum : ::netlab::testing::edge_and_random_sums(6000, kSeed)) {
        ASSERT_EQ(answer(to_line(sum)), reference_answer(sum)) << to_line(sum) << " seed " << kSeed;
    }
}

TEST(Calculator, SaysWhatIsWrongWithALine) {
    for (const auto& bad : ::netlab::testing::bad_lines()) {
        EXPECT_EQ(answer(bad.line), bad.answer) << '"' << bad.line << '"';
    }
}

TEST(Calculator, AnswersAnyBytesWithOnePrintableLine) {
    constexpr std::uint64_t kSeed = 32;
    constexpr std::string_view kBytes("0123456789+-*/% \t\r.x\0\xff", 23);
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 50'000; ++i) {
        std::string line(random() % 12, ' ');
        for (char& c : line) c = kBytes[random() % kBytes.size()];
        const std::string said = answer(line);
        ASSERT_FALSE(said.empty()) << "seed " << kSeed;
        for (const char c : said) ASSERT_TRUE(c >= ' ' && c <= '~') << said << " seed " << kSeed;
    }
}

TEST(Calculator, AppendsBehindWhatIsThere) {
    std::string out = "0\n";
    EXPECT_TRUE(append_answer("1/3", out));
    out += '\n';
    EXPECT_FALSE(append_answer("1/0", out));
    EXPECT_EQ(out, "0\n0.33333333333333333\nERROR division by zero");
}

}  // namespace
}  // namespace netlab::problem3
