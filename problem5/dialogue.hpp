// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace netlab::problem5 {

// Whose turn it is, and what waits for its turn. The two speak strictly by turns: what either says
// too early is kept, in order, until its turn comes. Pure: what the user types and what the peer
// says goes in, and next() tells what to do. The same for every transport.
class Dialogue {
  public:
    enum class Turn { nobodys, ours, theirs };  // nobody's: there is no peer

    struct Step {
        enum class Kind {
            say,    // send the text to the peer; now it is the peer's turn
            show,   // the peer says the text; now it is our turn
            leave,  // say goodbye, then call end()
        };
        Kind kind;
        std::string text;
        friend bool operator==(const Step&, const Step&) = default;
    };

    // A peer is there; lines may have been typed before.
    void begin(Turn first) { turn_ = first; }

    // The dialogue is over. Returns what the peer has said too early, which nobody will answer;
    // what was typed waits for the next peer.
    std::vector<std::string> end() {
        turn_ = Turn::nobodys;
        heard_bytes_ = 0;
        const auto heard = std::exchange(heard_, {});
        return {heard.begin(), heard.end()};
    }

    void type(std::string line) {
        typed_bytes_ += line.size() + kOverhead;
        typed_.emplace_back(std::move(line));
    }
    // A goodbye in its place among the typed lines: it goes once those before it have gone.
    void quit() { typed_.emplace_back(std::nullopt); }
    // Nothing more will be typed: a goodbye when all lines have gone and the last is answered.
    void end_of_input() { input_ended_ = true; }
    [[nodiscard]] bool input_ended() const noexcept { return input_ended_; }

    // Lines that were typed and have not gone yet.
    [[nodiscard]] std::size_t waiting() const {
        const auto goodbyes = std::count(typed_.begin(), typed_.end(), std::nullopt);
        return typed_.size() - static_cast<std::size_t>(goodbyes);
    }
    // Forgets them. Returns how many.
    std::size_t drop_typed() {
        const std::size_t count = waiting();
        typed_.clear();
        typed_bytes_ = 0;
        return count;
    }

    // What the peer said, in its turn or not.
    void hear(std::string text) {
        heard_bytes_ += text.size() + kOverhead;
        heard_.push_back(std::move(text));
    }

    // What to do now, or nullopt until something else happens. Call it until then. While the peer
    // is not ready() it is told nothing more. If there is no peer, only a quit() with no line
    // before it makes a step.
    [[nodiscard]] std::optional<Step> next(bool ready = true) {
        if (!typed_.empty() && !typed_.front()) {
            typed_.pop_front();
            return Step{Step::Kind::leave, ""};
        }
        if (turn_ == Turn::ours && !typed_.empty()) {
            if (!ready) return std::nullopt;
            turn_ = Turn::theirs;
            std::string line = std::move(*typed_.front());
            typed_.pop_front();
            typed_bytes_ -= line.size() + kOverhead;
            return Step{Step::Kind::say, std::move(line)};
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

    [[nodiscard]] Turn turn() const noexcept { return turn_; }

    // False while so much waits that no more should be read: memory is bounded at both ends.
    [[nodiscard]] bool may_type() const noexcept { return typed_bytes_ < kMaxKept; }
    [[nodiscard]] bool may_hear() const noexcept { return heard_bytes_ < kMaxKept; }

  private:
    static constexpr std::size_t kMaxKept = 1024 * 1024;
    // What a line costs beyond its characters.
    static constexpr std::size_t kOverhead = sizeof(std::optional<std::string>);

    Turn turn_ = Turn::nobodys;
    bool input_ended_ = false;
    std::deque<std::optional<std::string>> typed_;  // nullopt: a goodbye
    std::size_t typed_bytes_ = 0;
    std::deque<std::string> heard_;
    std::size_t heard_bytes_ = 0;
};

}  // namespace netlab::problem5
