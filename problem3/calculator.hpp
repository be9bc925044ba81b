// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

// The calculator itself: knows no socket, no clock, allocates nothing but room in `out`, never
// throws for what a peer sent. Thread-safe.

namespace netlab::problem3 {

struct Expression {
    std::int64_t left = 0;
    char operation = '+';  // one of + - * / %
    std::int64_t right = 0;
};

// Why a line is no expression, and where: the column counts bytes from 1, 0 is the line as a whole.
struct SyntaxError {
    std::string_view reason;
    std::size_t column = 0;
};

// Reads "12 + 30": two integers, each with or without a sign, and the operation between them.
// Spaces and tabs may stand anywhere but inside a number.
[[nodiscard]] std::variant<Expression, SyntaxError> parse(std::string_view line);

// Appends the exact result: "42", or "3.5" for a division that leaves a remainder. Returns false,
// and appends nothing, for a division by zero.
[[nodiscard]] bool append_result(const Expression& expression, std::string& out);

// The answer to one request, whatever bytes it is made of: appends the result, or "ERROR <reason>",
// without a newline. Returns false for an ERROR.
bool append_answer(std::string_view line, std::string& out);

}  // namespace netlab::problem3
