// SPDX-License-Identifier: MIT
// The values on a command line: whole, in range, and nothing else.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/cli.hpp"
#include "common/error.hpp"
#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

TEST(ParseNumber, TakesTheWholeRange) {
    EXPECT_EQ(parse_number<int>("0", 0, 9), 0);
    EXPECT_EQ(parse_number<int>("9", 0, 9), 9);
    EXPECT_EQ(parse_number<int>("-7", -7, 9), -7);
    EXPECT_EQ(parse_number<int>("007", 0, 9), 7);
    EXPECT_EQ(parse_number<std::uint16_t>("65535", 0, 65535), 65535);
    EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808", INT64_MIN, INT64_MAX), INT64_MIN);
    EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
}

TEST(ParseNumber, RefusesWhatIsNotAWholeNumber) {
    for (const char* text : {"", " ", "x", "12x", "x12", " 1", "1 ", "+1", "-", "--1", "1.0", "1e3",
                             "0x10", "1,000", "1\n", "\xd9\xa1", "inf", "nan"}) {
        EXPECT_EQ(thrown<UsageError>([&] { parse_number<int>(text, -100, 100); }),
                  "not a whole number in -100..100")
            << text;
    }
    EXPECT_THROW(parse_number<int>(std::string_view("1\0", 2), 0, 9), UsageError);
    EXPECT_THROW(parse_number<std::uint64_t>("-1", 0, UINT64_MAX), UsageError);
}

TEST(ParseNumber, TellsTheRangeToANumberOutsideIt) {
    for (const char* text : {"0", "65536", "99999999999999999999", "4294967297"}) {
        EXPECT_EQ(thrown<UsageError>([&] { parse_number<std::uint16_t>(text, 1, 65535); }),
                  "not a whole number in 1..65535")
            << text;
    }
    EXPECT_THROW(parse_number<int>("-8", -7, 9), UsageError);
    EXPECT_THROW(parse_number<std::uint64_t>("18446744073709551616", 0, UINT64_MAX), UsageError);
}

TEST(ParseDecimal, TakesPlainNotation) {
    EXPECT_EQ(parse_decimal("0"), 0.0);
    EXPECT_EQ(parse_decimal("0.5"), 0.5);
    EXPECT_EQ(parse_decimal("12.25"), 12.25);
}

TEST(ParseDecimal, RefusesEverythingElse) {
    for (const char* text : {"", ".", "-1", "-0", "-0.5", "+1", "1e3", "inf", "nan", "infinity",
                             "0x1p3", "1.2.3", " 1", "1 ", "1,5", "x"}) {
        EXPECT_THROW(parse_decimal(text), UsageError) << text;
    }
    EXPECT_THROW(parse_decimal(std::string(400, '9')), UsageError);
}

TEST(ParseDuration, TakesSecondsMillisecondsAndBareMilliseconds) {
    EXPECT_EQ(parse_duration("200ms"), milliseconds(200));
    EXPECT_EQ(parse_duration("2s"), seconds(2));
    EXPECT_EQ(parse_duration("200"), milliseconds(200));
    EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
    EXPECT_EQ(parse_duration("0.25ms"), microseconds(250));
    EXPECT_EQ(parse_duration("0"), Duration{});
    EXPECT_EQ(parse_duration("31536000s"), hours(24 * 365));
}

TEST(ParseDuration, RefusesWhatIsNone) {
    for (const char* text : {"", "s", "ms", "-1s", "-1", "1 s", "1m", "1h", "1us", "2S", "1ss",
                             "1sms", "1e3", "infs", "nan", "31536001s", "99999999999999999999s"}) {
        EXPECT_THROW(parse_duration(text), UsageError) << text;
    }
}

TEST(ParseSize, TakesBytesAndPowersOfTwo) {
    EXPECT_EQ(parse_size("0"), 0u);
    EXPECT_EQ(parse_size("100"), 100u);
    EXPECT_EQ(parse_size("64K"), 65536u);
    EXPECT_EQ(parse_size("10M"), 10485760u);
    EXPECT_EQ(parse_size("1G"), 1073741824u);
    EXPECT_EQ(parse_size("5G"), std::uint64_t{5} << 30);
    EXPECT_EQ(parse_size("8589934591G"), std::uint64_t{8589934591} << 30);
    EXPECT_EQ(parse_size("9223372036854775807"), UINT64_MAX >> 1);
}

TEST(ParseSize, RefusesWhatNoFileCanHave) {
    for (const char* text :
         {"", "K", "-1", "-1K", "+1", "1.5K", "1 K", "1KB", "1KK", "1T", "x", "9223372036854775808",
          "8589934592G", "18446744073709551616", "99999999999999999999G"}) {
        EXPECT_THROW(parse_size(text), UsageError) << text;
    }
}

}  // namespace
}  // namespace netlab::testing
