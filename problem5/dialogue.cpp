// SPDX-License-Identifier: MIT
#include "problem5/dialogue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace netlab::problem5 {

namespace {

// What a line costs beyond its characters.
constexpr std::size_t kOverhead = sizeof(std::optional<std::string>);

}  // namespace

std::vector<std::string> Dialogue::end() {
    turn_ = Turn::nobodys;
    std::vector<std::string> unanswered(std::make_move_iterator(heard_.begin()),
                                        std::make_move_iterator(heard_.end()));
    heard_.clear();
    heard_bytes_ = 0;
    return unanswered;
}

void Dialogue::type(std::string line) {
    typed_bytes_ += line.size() + kOverhead;
    typed_.emplace_back(std::move(line));
}

void Dialogue::quit() {
    typed_.emplace_back(std::nullopt);
}

std::size_t Dialogue::waiting() const {
    const auto goodbyes = std::count(typed_.begin(), typed_.end(), std::nullopt);
    return typed_.size() - static_cast<std::size_t>(goodbyes);
}

std::size_t Dialogue::drop_typed() {
    const std::size_t count = waiting();
    typed_.clear();
    typed_bytes_ = 0;
    return count;
}

void Dialogue::hear(std::string text) {
    heard_bytes_ += text.size() + kOverhead;
    heard_.push_back(std::move(text));
}

std::string Dialogue::take_typed() {
    std::string line = std::move(*typed_.front());
    typed_.pop_front();
    typed_bytes_ -= line.size() + kOverhead;
    return line;
}

std::optional<Dialogue::Step> Dialogue::next(bool ready) {
    if (!typed_.empty() && !typed_.front()) {
        typed_.pop_front();
        return Step{Step::Kind::leave, ""};
    }
    if (turn_ == Turn::ours && !typed_.empty()) {
        if (!ready) return std::nullopt;
        turn_ = Turn::theirs;
        return Step{Step::Kind::say, take_typed()};
    }
    if (turn_ == Turn::ours && input_ended_) return Step{Step::Kind::leave, ""};
    if (turn_ == Turn::theirs && !heard_.empty()) {
        turn_ = Turn::ours;
        std::string text = std::move(heard_.front());
        heard_.pop_front();
        heard_bytes_ -= text.size() + kOverhead;
        return Step{Step::Kind::show, std::move(text)};
    }
    return std::nullopt;
}

}  // namespace netlab::problem5
