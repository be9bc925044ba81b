// SPDX-License-Identifier: MIT
#include "tests/support/pattern.hpp"

#include <stdexcept>

namespace netlab::testing {

namespace {

// regcomp(3), not std::regex: that one recurses once a character, and overflows the stack on some
// 100 KB of output.
std::shared_ptr<const regex_t> compile(const std::string& expression) {
    auto regex = std::make_unique<regex_t>();
    if (::regcomp(regex.get(), expression.c_str(), REG_EXTENDED | REG_NEWLINE) != 0) {
        throw std::invalid_argument("bad regular expression: " + expression);
    }
    return {regex.release(), [](regex_t* one) {
                ::regfree(one);
                delete one;
            }};
}

}  // namespace

Pattern::Pattern(std::string text) : source_(std::move(text)) {}

Pattern matching(const std::string& expression) {
    Pattern pattern(expression);
    pattern.regex_ = compile(expression);
    return pattern;
}

std::string Pattern::describe() const {
    const char quote = regex_ ? '/' : '"';
    return quote + source_ + quote;
}

std::optional<Match> Pattern::find(const std::string& text, std::size_t from) const {
    if (from > text.size()) return std::nullopt;
    if (!regex_) {
        const std::size_t at = text.find(source_, from);
        if (at == std::string::npos) return std::nullopt;
        return Match{{source_}, at + source_.size()};
    }

    const char* start = text.c_str() + from;
    const bool within_a_line = from > 0 && text[from - 1] != '\n';
    std::vector<regmatch_t> found(regex_->re_nsub + 1);
    if (::regexec(regex_.get(), start, found.size(), found.data(),
                  within_a_line ? REG_NOTBOL : 0) != 0) {
        return std::nullopt;
    }
    Match match{{}, from + static_cast<std::size_t>(found[0].rm_eo)};
    for (const regmatch_t& group : found) {
        // A group that took no part has offsets of -1.
        match.groups.push_back(
            group.rm_so < 0 ? "" : std::string(start + group.rm_so, start + group.rm_eo));
    }
    return match;
}

}  // namespace netlab::testing
