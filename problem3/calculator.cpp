// SPDX-License-Identifier: MIT
#include "problem3/calculator.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace netlab::problem3 {

namespace {

// Twice the width of the operands: no sum, difference or product of two of them overflows, and
// -2^63 / -1, which stops a program that computes in 64 bits, is 2^63 here.
__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

constexpr std::string_view kOperations = "+-*/%";
constexpr std::uint64_t kMin17Digits = 10'000'000'000'000'000;

// Reads the line from left to right. Each step returns false at an error.
class Parser {
  public:
    explicit Parser(std::string_view line) : line_(line) {}

    [[nodiscard]] bool number(std::int64_t& value) {
        skip_spaces();
        const std::size_t start = at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (peek() < '0' || peek() > '9') return fail("number expected");

        // from_chars takes a minus, but no plus.
        const char* first = line_.data() + start + (line_[start] == '+' ? 1 : 0);
        const auto [end, error] = std::from_chars(first, line_.data() + line_.size(), value);
        if (error != std::errc()) {
            error_ = {"operand out of range"};
            return false;
        }
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

    bool fail(std::string_view reason) {
        error_ = {reason, at_ + 1};
        return false;
    }

    [[nodiscard]] const SyntaxError& error() const { return error_; }

  private:
    [[nodiscard]] char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }

    void skip_spaces() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    SyntaxError error_;
};

void append_number(std::uint64_t value, std::string& out) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, std::end(digits), value);
    out.append(digits, end);
}

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

// A quotient with a remainder, as a decimal. Each factor of 10 on the dividend moves the point of
// the quotient one place to the right, until 17 digits stand before it: then one division gives
// them all, and its remainder says how to round. The largest number on the way is 10^17 times the
// divisor, under 2^120.
void append_decimal(UnsignedWide dividend, UnsignedWide divisor, std::string& out) {
    std::size_t decimals = 0;
    do {
        dividend *= 10;
        ++decimals;
    } while (dividend < divisor * kMin17Digits);

    UnsignedWide quotient = dividend / divisor;
    const UnsignedWide twice = dividend % divisor * 2;
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
    if (left % right == 0) return append_integer(left / right, out);
    if ((left < 0) != (right < 0)) out += '-';
    append_decimal(magnitude(left), magnitude(right), out);
}

bool append_error(const SyntaxError& error, std::string& out) {
    out.append("ERROR ").append(error.reason);
    if (error.column > 0) append_number(error.column, out.append(" at column "));
    return false;
}

}  // namespace

std::variant<Expression, SyntaxError> parse(std::string_view line) {
    Parser parser(line);
    if (parser.at_end()) return SyntaxError{"empty line"};
    Expression expression;
    const bool complete =
        parser.number(expression.left) && parser.operation(expression.operation) &&
        parser.number(expression.right) && (parser.at_end() || parser.fail("end of line expected"));
    if (!complete) return parser.error();
    return expression;
}

bool append_result(const Expression& expression, std::string& out) {
    const Wide left = expression.left;
    const Wide right = expression.right;
    const char operation = expression.operation;
    if (right == 0 && (operation == '/' || operation == '%')) return false;

    if (operation == '+') append_integer(left + right, out);
    if (operation == '-') append_integer(left - right, out);
    if (operation == '*') append_integer(left * right, out);
    if (operation == '/') append_quotient(left, right, out);
    if (operation == '%') append_integer(left % right, out);
    return true;
}

bool append_answer(std::string_view line, std::string& out) {
    const auto parsed = parse(line);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) return append_error(*error, out);
    return append_result(*std::get_if<Expression>(&parsed), out) ||
           append_error({"division by zero"}, out);
}

}  // namespace netlab::problem3
