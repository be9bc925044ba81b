// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

// The calculator itself. Pure: no socket, no clock. Allocates nothing but room in `out`, throws for
// nothing that a peer sent. Thread-safe.

namespace netlab::problem3 {

struct Expression {
    std::int64_t left = 0;
    char operation = '+';  // one of + - * / %
    std::int64_t right = 0;
};

// Why a line is no expression, and where.
struct SyntaxError {
    std::string_view reason;
    std::size_t column = 0;  // in bytes from 1; 0 is the whole line
};

// "12 + 30": two integers, with or without a sign, and the operation between them. Spaces and tabs
// may stand anywhere but inside a number.
[[nodiscard]] std::variant<Expression, SyntaxError> parse(std::string_view line);

// Appends the exact result: "42", or "3.5" for a division that leaves a remainder. A division by
// zero appends nothing, and returns false.
[[nodiscard]] bool append_result(const Expression& expression, std::string& out);

// The answer to any request: appends the result, or "ERROR <reason>" and returns false. Without a
// newline.
bool append_answer(std::string_view line, std::string& out);

}  // namespace netlab::problem3
