// SPDX-License-Identifier: MIT
//
// Problem 3: a request of any bytes gets one short printable line, and the result is right.
#include "problem3/calculator.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

__extension__ typedef __int128 Wide;

struct Expression {
    std::int64_t left = 0;
    char operation = '+';
    std::int64_t right = 0;
};

struct Decimal {
    Wide digits = 0;  // with the point left out
    Wide scale = 1;   // 10 to the number of digits behind it
};

Decimal read(std::string_view text) {
    Decimal number;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    require(!text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos);
    const std::size_t point = text.find('.');
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == point) continue;
        number.digits = number.digits * 10 + (text[i] - '0');
        if (i > point) number.scale *= 10;
    }
    if (negative) number.digits = -number.digits;
    return number;
}

// result * right is left, but for half a unit of the last digit; whole where it divides.
void check_quotient(const Expression& expression, const Decimal& result) {
    const Wide right = expression.right;
    Wide error = result.digits * right - expression.left * result.scale;
    if (expression.left % right == 0) return require(result.scale == 1 && error == 0);
    if (error < 0) error = -error;
    require(2 * error <= (right < 0 ? -right : right));
}

void check_result(const Expression& expression, const Decimal& result) {
    const Wide left = expression.left;
    const Wide right = expression.right;
    if (expression.operation == '/') return check_quotient(expression, result);
    const Wide expected = expression.operation == '+'   ? left + right
                          : expression.operation == '-' ? left - right
                          : expression.operation == '*' ? left * right
                                                        : left % right;
    require(result.scale == 1 && result.digits == expected);
}

std::string check_answer(std::string_view line) {
    std::string out = "before ";
    const bool right = problem3::append_answer(line, out);
    require(out.starts_with("before "));
    const std::string answer = out.substr(7);
    require(!answer.empty() && answer.size() <= 80 && printable(answer));
    require(answer.starts_with("ERROR ") == !right);
    return answer;
}

// An expression of any two numbers, which a fuzzer would seldom write as text.
void check_numbers(Input input) {
    const char operation = "+-*/%"[input.byte() % 5];
    const auto left = static_cast<std::int64_t>(input.number());
    const auto right = static_cast<std::int64_t>(input.number());
    const std::string answer =
        check_answer(std::to_string(left) + operation + std::to_string(right));
    const bool by_zero = right == 0 && (operation == '/' || operation == '%');
    require(by_zero == answer.starts_with("ERROR "));
    if (!by_zero) check_result({left, operation, right}, read(answer));
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    const Input input(data, size);
    check_answer(input.text());
    check_numbers(input);
    return 0;
}
