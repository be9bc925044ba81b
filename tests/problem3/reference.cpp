// SPDX-License-Identifier: MIT
#include "tests/problem3/reference.hpp"

#include <algorithm>
#include <random>
#include <string_view>

namespace netlab::testing {

namespace {

// Natural numbers as digits without leading zeros, "0" for zero.
using Digits = std::string;

Digits trimmed(Digits digits) {
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return digits;
}

bool less(const Digits& a, const Digits& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// Adds b to a, or with sign -1 takes it away (a >= b then): column by column from the right.
Digits combine(Digits a, const Digits& b, int sign) {
    if (a.size() < b.size()) a.insert(0, b.size() - a.size(), '0');
    int carry = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const int other = i <= b.size() ? b[b.size() - i] - '0' : 0;
        const int column = a[a.size() - i] - '0' + sign * other + carry;
        carry = column > 9 ? 1 : column < 0 ? -1 : 0;
        a[a.size() - i] = static_cast<char>('0' + column - 10 * carry);
    }
    return trimmed(carry == 1 ? "1" + a : a);
}

Digits add(const Digits& a, const Digits& b) {
    return combine(a, b, 1);
}
Digits subtract(const Digits& a, const Digits& b) {
    return combine(a, b, -1);
}

Digits multiply(const Digits& a, const Digits& b) {
    Digits product = "0";
    for (const char digit : b) {
        product = trimmed(product + "0");
        for (char i = '0'; i < digit; ++i) product = add(product, a);
    }
    return product;
}

// One step of long division: the next digit of the quotient, which is taken off the remainder.
char next_digit(Digits& remainder, const Digits& divisor) {
    char digit = '0';
    for (; !less(remainder, divisor); ++digit) remainder = subtract(remainder, divisor);
    return digit;
}

Digits divide(const Digits& dividend, const Digits& divisor, Digits& remainder) {
    Digits quotient;
    remainder = "0";
    for (const char digit : dividend) {
        remainder = trimmed(remainder + digit);
        quotient += next_digit(remainder, divisor);
    }
    return trimmed(quotient);
}

// Goes on behind the point until there are 17 significant digits and at least one after the point,
// and rounds half to even.
std::string decimal(const Digits& whole, Digits remainder, const Digits& divisor) {
    std::string digits = whole;
    std::size_t decimals = 0;
    while (decimals == 0 || (trimmed(digits) == "0" ? 0 : trimmed(digits).size()) < 17) {
        remainder = trimmed(remainder + "0");
        digits += next_digit(remainder, divisor);
        ++decimals;
    }
    const Digits twice = add(remainder, remainder);
    const bool odd = (digits.back() - '0') % 2 == 1;
    if (less(divisor, twice) || (twice == divisor && odd)) digits = add(digits, "1");

    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    const std::size_t point = digits.size() - decimals;
    std::string before = trimmed(digits.substr(0, point));
    std::string after = digits.substr(point);
    after.erase(after.find_last_not_of('0') + 1);
    return after.empty() ? before : before + "." + after;
}

std::string with_sign(bool negative, const std::string& number) {
    return negative && number != "0" ? "-" + number : number;
}

Digits magnitude(std::int64_t value) {
    const std::string text = std::to_string(value);
    return value < 0 ? text.substr(1) : text;
}

std::string add_signed(bool left_negative, const Digits& left, bool right_negative,
                       const Digits& right) {
    if (left_negative == right_negative) return with_sign(left_negative, add(left, right));
    return less(left, right) ? with_sign(right_negative, subtract(right, left))
                             : with_sign(left_negative, subtract(left, right));
}

}  // namespace

std::string to_line(const Sum& sum) {
    return std::to_string(sum.left) + " " + sum.operation + " " + std::to_string(sum.right);
}

std::string reference_answer(const Sum& sum) {
    const Digits left = magnitude(sum.left);
    const Digits right = magnitude(sum.right);
    const bool left_negative = sum.left < 0;
    const bool right_negative = sum.right < 0;
    const bool differ = left_negative != right_negative;

    if (sum.operation == '+') return add_signed(left_negative, left, right_negative, right);
    if (sum.operation == '-') return add_signed(left_negative, left, !right_negative, right);
    if (sum.operation == '*') return with_sign(differ, multiply(left, right));
    if (sum.right == 0) return "ERROR division by zero";

    Digits remainder;
    const Digits whole = divide(left, right, remainder);
    if (sum.operation == '%') return with_sign(left_negative, remainder);
    return with_sign(differ, remainder == "0" ? whole : decimal(whole, remainder, right));
}

std::vector<Sum> edge_and_random_sums(std::size_t count, std::uint64_t seed) {
    constexpr std::string_view kOperations = "+-*/%";
    constexpr std::int64_t kEdges[] = {INT64_MIN,
                                       INT64_MIN + 1,
                                       INT64_MAX,
                                       INT64_MAX - 1,
                                       -1,
                                       0,
                                       1,
                                       2,
                                       3,
                                       -7,
                                       10,
                                       25,
                                       64,
                                       (1LL << 53) + 1,
                                       -(1LL << 53) - 1,
                                       1LL << 62,
                                       999'999'999'999'999'999,
                                       1'000'000'000'000'000'000,
                                       10'000'000'000'000'001};
    std::vector<Sum> sums;
    for (const std::int64_t left : kEdges) {
        for (const std::int64_t right : kEdges) {
            for (const char operation : kOperations) sums.push_back({left, operation, right});
        }
    }
    std::mt19937_64 random(seed);
    // An arithmetic shift keeps the sign: numbers of all lengths, both signs.
    const auto number = [&] { return static_cast<std::int64_t>(random()) >> (random() % 64); };
    while (sums.size() < count) {
        const std::int64_t left = number();
        sums.push_back({left, kOperations[random() % kOperations.size()], number()});
    }
    sums.resize(count);
    return sums;
}

const std::vector<BadLine>& bad_lines() {
    using namespace std::string_literals;
    const auto number_at = [](int column) {
        return "ERROR number expected at column " + std::to_string(column);
    };
    const auto operation_at = [](int column) {
        return "ERROR one of + - * / % expected at column " + std::to_string(column);
    };
    const auto end_at = [](int column) {
        return "ERROR end of line expected at column " + std::to_string(column);
    };
    static const std::vector<BadLine> kLines{
        {"", "ERROR empty line"},
        {"   ", "ERROR empty line"},
        {" \t ", "ERROR empty line"},
        {"+", number_at(2)},
        {"-", number_at(2)},
        {"*", number_at(1)},
        {"hello", number_at(1)},
        {"quit", number_at(1)},
        {"QUIT now", number_at(1)},
        {"GET / HTTP/1.1", number_at(1)},
        {"--5 + 1", number_at(2)},
        {"+-5 + 1", number_at(2)},
        {"- 5 + 1", number_at(2)},
        {"(1 + 2)", number_at(1)},
        {"0x", operation_at(2)},
        {"5", operation_at(2)},
        {"5   ", operation_at(5)},
        {"5 7", operation_at(3)},
        {"5 x 7", operation_at(3)},
        {"5 & 7", operation_at(3)},
        {"5 ^ 7", operation_at(3)},
        {"1.5 + 2", operation_at(2)},
        {"1,000 + 2", operation_at(2)},
        {"1e3 + 2", operation_at(2)},
        {"0x10 + 2", operation_at(2)},
        {"12 +", number_at(5)},
        {"12 + ", number_at(6)},
        {"12 + x", number_at(6)},
        {"12 ++ + 3", number_at(6)},
        {"12 ** 3", number_at(5)},
        {"12 // 3", number_at(5)},
        {"5---3", number_at(4)},
        {"5 - - 3", number_at(6)},
        {"1 + 2 + 3", end_at(7)},
        {"1 + 2 =", end_at(7)},
        {"1 + 2.5", end_at(6)},
        {"1 + 2x", end_at(6)},
        {"1 + 2\r3", end_at(6)},
        {"1 + 2\0"s, end_at(6)},
        {"\0001 + 2"s, number_at(1)},
        {"1\0+ 2"s, operation_at(2)},
        {"1 + 2\x7f", end_at(6)},
        {"\x1b[31m1 + 2", number_at(1)},
        {"\xff\xfe", number_at(1)},
        {"\xe2\x88\x92"
         "5 + 3",
         number_at(1)},
        {"1 \xc3\x97 2", operation_at(3)},
        {"9223372036854775808 + 0", "ERROR operand out of range"},
        {"0 + 9223372036854775808", "ERROR operand out of range"},
        {"-9223372036854775809 + 0", "ERROR operand out of range"},
        {"1 * +9223372036854775808", "ERROR operand out of range"},
        {std::string(1000, '9') + " + 1", "ERROR operand out of range"},
        {"1 / 0", "ERROR division by zero"},
        {"0 / 0", "ERROR division by zero"},
        {"1 % -0", "ERROR division by zero"},
        {"-9223372036854775808 / +0", "ERROR division by zero"},
    };
    return kLines;
}

}  // namespace netlab::testing
