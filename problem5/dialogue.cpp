// SPDX-License-Identifier: MIT
#include "problem5/dialogue.hpp"

#include <iterator>
#include <utility>

namespace netlab::problem5 {

namespace {

// What a line costs beyond its characters.
constexpr std::size_t kOverhead = sizeof(std::optional<std::string>);

}  // namespace

void Dialogue::begin(Turn first) {
    turn_ = first;
}

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
    ++goodbyes_;
}

void Dialogue::drop_typed() {
    typed_.clear();
    typed_bytes_ = 0;
    goodbyes_ = 0;
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
        --goodbyes_;
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
