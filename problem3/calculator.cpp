// SPDX-License-Identifier: MIT
#include "problem3/calculator.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace netlab::problem3 {

namespace {

// Twice the width of the operands: no sum, difference or product of two of them overflows, and
// -2^63 / -1, which stops a program that computes in 64 bits, is 2^63 here.
__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

constexpr std::string_view kOperations = "+-*/%";

void append_number(std::uint64_t value, std::string& out) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, std::end(digits), value);
    out.append(digits, end);
}

bool append_error(std::string_view reason, std::string& out) {
    out.append("ERROR ").append(reason);
    return false;
}

struct Expression {
    std::int64_t left = 0;
    char operation = '+';  // one of kOperations
    std::int64_t right = 0;
};

// Reads a line from left to right. Each step returns false at an error, which `out` then tells.
class Parser {
  public:
    Parser(std::string_view line, std::string& out) : line_(line), out_(out) {}

    [[nodiscard]] bool read(Expression& expression) {
        if (at_end()) return append_error("empty line", out_);
        return number(expression.left) && operation(expression.operation) &&
               number(expression.right) && (at_end() || fail("end of line expected"));
    }

  private:
    [[nodiscard]] bool number(std::int64_t& value) {
        skip_spaces();
        const std::size_t start = at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (peek() < '0' || peek() > '9') return fail("number expected");

        // from_chars takes a minus, but no plus.
        const char* first = line_.data() + start + (line_[start] == '+' ? 1 : 0);
        const auto [end, error] = std::from_chars(first, line_.data() + line_.size(), value);
        if (error != std::errc()) return append_error("operand out of range", out_);
        at_ = static_cast<std::size_t>(end - line_.data());
        return true;
    }

    [[nodiscard]] bool operation(char& value) {
        skip_spaces();
        value = peek();
        if (value == 0 || kOperations.find(value) == std::string_view::npos) {
            return fail("one of + - * / % expected");
        }
        ++at_;
        return true;
    }

    [[nodiscard]] bool at_end() {
        skip_spaces();
        return at_ == line_.size();
    }

    [[nodiscard]] char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }

    void skip_spaces() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }

    [[nodiscard]] bool fail(std::string_view expected) {
        append_error(expected, out_);
        append_number(at_ + 1, out_.append(" at column "));  // in bytes from 1
        return false;
    }

    std::string_view line_;
    std::string& out_;
    std::size_t at_ = 0;
};

// std::to_chars, which is fast, takes at most 64 bits.
void append_digits(UnsignedWide value, std::string& out) {
    if (value <= UINT64_MAX) return append_number(static_cast<std::uint64_t>(value), out);
    const std::size_t start = out.size();
    for (; value > 0; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(start), out.end());
}

UnsignedWide magnitude(Wide value) {
    return static_cast<UnsignedWide>(value < 0 ? -value : value);
}

void append_integer(Wide value, std::string& out) {
    if (value < 0) out += '-';
    append_digits(magnitude(value), out);
}

// 10^0 .. 10^35.
constexpr auto kPowersOf10 = [] {
    std::array<UnsignedWide, 36> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

// A quotient with a remainder, as a decimal of 17 digits, or the whole integer part and one more. A
// power of 10 moves its point to the right, behind the last digit that is shown: then one division
// gives them all, and its remainder says how to round. The largest number on the way is 10^17 times
// the divisor, under 2^120.
void append_decimal(UnsignedWide dividend, UnsignedWide divisor, std::string& out) {
    std::size_t decimals = 16;
    for (UnsignedWide n = dividend; n < divisor; n *= 10) ++decimals;
    for (UnsignedWide n = divisor * 10; n <= dividend && decimals > 1; n *= 10) --decimals;
    dividend *= kPowersOf10[decimals];

    UnsignedWide quotient = dividend / divisor;
    const UnsignedWide twice = (dividend - quotient * divisor) * 2;
    const bool odd = quotient % 2 == 1;
    if (twice > divisor || (twice == divisor && odd)) ++quotient;

    const std::size_t start = out.size();
    append_digits(quotient, out);
    const std::size_t digits = out.size() - start;
    if (digits <= decimals) out.insert(start, decimals + 1 - digits, '0');
    out.insert(out.size() - decimals, 1, '.');
    out.resize(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
}

void append_quotient(Wide left, Wide right, std::string& out) {
    // Of 64 bits each, 2^63 included: a fast division.
    const auto dividend = static_cast<std::uint64_t>(magnitude(left));
    const auto divisor = static_cast<std::uint64_t>(magnitude(right));
    const bool negative = (left < 0) != (right < 0) && left != 0;
    if (negative) out += '-';
    if (dividend % divisor == 0) return append_number(dividend / divisor, out);
    append_decimal(dividend, divisor, out);
}

bool append_result(const Expression& expression, std::string& out) {
    const Wide left = expression.left;
    const Wide right = expression.right;
    const char operation = expression.operation;
    if (right == 0 && (operation == '/' || operation == '%')) {
        return append_error("division by zero", out);
    }

    if (operation == '+') append_integer(left + right, out);
    if (operation == '-') append_integer(left - right, out);
    if (operation == '*') append_integer(left * right, out);
    if (operation == '/') append_quotient(left, right, out);
    if (operation == '%') append_integer(left % right, out);
    return true;
}

}  // namespace

bool append_answer(std::string_view line, std::string& out) {
    Parser parser(line, out);
    Expression expression;
    return parser.read(expression) && append_result(expression, out);
}

}  // namespace netlab::problem3
