// SPDX-License-Identifier: MIT
#pragma once

#include <regex.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace netlab::testing {

// What a search found: groups[0] is the whole match, then a regular expression's groups.
struct Match {
    std::vector<std::string> groups;
    std::size_t end = 0;  // the offset just behind it: where to look for what comes after
};

// What to look for in the output of a program: a piece of text, or a regular expression.
class Pattern {
  public:
    Pattern(const char* text) : Pattern(std::string(text)) {}
    Pattern(std::string text);

    // The first match at or after offset `from`.
    [[nodiscard]] std::optional<Match> find(const std::string& text, std::size_t from = 0) const;

    // "the text" or /the expression/: for messages.
    [[nodiscard]] std::string describe() const;

  private:
    friend Pattern matching(const std::string& expression);

    std::string source_;
    std::shared_ptr<const regex_t> regex_;  // none: source_ itself is meant
};

// A POSIX extended regular expression (regex(7): [0-9], not \d). ^ and $ also match at each line,
// and . does not match a newline; a search sees nothing behind a NUL byte. Throws
// std::invalid_argument.
Pattern matching(const std::string& expression);

}  // namespace netlab::testing
