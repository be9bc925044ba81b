// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "problem5/peer.hpp"

namespace netlab::problem5 {

// What the user is shown.
struct Line {
    enum class Kind { message, notice, error };
    Kind kind;
    std::string text;
};

// 1..32 characters of UTF-8, none of them a control character, and no colon, which ends a name on
// the screen.
bool is_good_name(std::string_view name);

// Lines that were said too early, and wait for their turn.
class WaitingLines {
  public:
    void push(std::string line) {
        bytes_ += line.size() + sizeof(line);
        lines_.push_back(std::move(line));
    }
    std::string pop() {
        std::string line = std::move(lines_.front());
        lines_.pop_front();
        bytes_ -= line.size() + sizeof(line);
        return line;
    }
    // False while so much waits that no more should be read: memory is bounded at both ends.
    [[nodiscard]] bool has_room() const noexcept { return bytes_ < kMaxKept; }
    [[nodiscard]] const std::deque<std::string>& lines() const noexcept { return lines_; }

  private:
    static constexpr std::size_t kMaxKept = 1024 * 1024;

    std::deque<std::string> lines_;
    std::size_t bytes_ = 0;
};

// What an end of the chat decides, whatever the transport. The two speak strictly by turns: what
// either says too early is kept, in order, until its turn comes. This knows whose turn it is, what
// goes to the peer when, what the user sees, and what the transcript holds, for one dialogue after
// another. Pure: typed lines and the peer's events go in, lines for the screen and the transcript
// come out.
class Conversation {
  public:
    enum class Role { client, server };         // the client speaks first
    enum class Turn { nobodys, ours, theirs };  // nobody's: neither has anyone to talk to

    // Why a text cannot be sent; nullopt if it can.
    using Validate = std::optional<std::string> (*)(std::string_view text);

    // An empty name stands for "client" or "server". Lines from a terminal stand on its screen
    // already, lines from a script do not.
    Conversation(Role role, Validate validate, const std::string& own_name, bool at_terminal);

    // What the user types: a line, or /quit, at a terminal also /help, and // for a / in front. A
    // /quit is a goodbye in its place among the lines: it goes once those before it have gone.
    void type(std::string line);
    // Nothing more will be typed: a goodbye when all lines have gone and the last is answered.
    void end_of_input() { input_ended_ = true; }
    // False while so much waits that no more should be read.
    [[nodiscard]] bool may_type() const noexcept { return typed_.has_room(); }
    // Forgets the lines that wait, and tells how many.
    void drop_typed(bool more_follow);

    // A peer is there. The notice says so.
    void begin(const std::string& notice);
    // From begin() until the peer is over() and all that it said is dealt with.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    // True until the user or the peer has left. What is still under way then is heard until the
    // peer is over().
    [[nodiscard]] bool talking() const noexcept { return turn_ != Turn::nobodys; }
    [[nodiscard]] Turn turn() const noexcept { return turn_; }
    // False if the last dialogue, if any, was lost or refused.
    [[nodiscard]] bool ended_well() const noexcept { return ended_well_; }

    // Takes what the peer did and gives it what it is to hear, until nothing is left to do. While
    // the peer is not ready() it is told nothing more.
    void converse(Peer& peer, TimePoint now);
    // Says goodbye at once: Ctrl+C.
    void leave(Peer& peer, TimePoint now);
    // A /quit is next. With nobody there: the user wants no other peer to come.
    [[nodiscard]] bool wants_to_quit() const {
        return !typed_.lines().empty() && typed_.lines().front() == kGoodbye;
    }

    void print(Line line) { screen_.push_back(std::move(line)); }
    void notice(std::string text) { print({Line::Kind::notice, std::move(text)}); }
    void error(std::string text) { print({Line::Kind::error, std::move(text)}); }
    // What has come up since, for the screen: as it is, not escaped.
    [[nodiscard]] std::vector<Line> take_screen();
    // And what both have said, as "NAME: text" lines: raw, and the same at both ends. Over UDP a
    // name may arrive after the first messages: they are held back until nobody's changes any more.
    [[nodiscard]] std::string take_transcript() { return std::exchange(transcript_, {}); }
    // Whose turn it is.
    [[nodiscard]] std::string prompt() const;

  private:
    static constexpr std::string_view kGoodbye = "";  // no line is empty

    void hear(PeerEvent event);
    bool take_turn(Peer& peer, TimePoint now);
    void say(std::string text, Peer& peer, TimePoint now);
    void show_message(std::string text);
    void end(bool well, std::string why);
    [[nodiscard]] std::size_t waiting() const;
    void tell_waiting();

    const Role role_;
    const Validate validate_;
    const bool at_terminal_;
    const std::string own_name_;
    const std::string default_peer_name_;
    std::string peer_name_;
    Turn turn_ = Turn::nobodys;
    WaitingLines typed_;  // kGoodbye among them is a /quit
    WaitingLines heard_;
    bool input_ended_ = false;
    std::string transcript_;
    std::vector<std::pair<bool, std::string>> held_back_;  // ours?, and the text
    std::vector<Line> screen_;
    bool news_ = false;       // typed since waiting lines were last told
    std::size_t waited_ = 0;  // lines that were told to wait
    bool asked_ = false;      // told that it is the user's turn
    bool begun_ = false;
    bool ended_well_ = true;
};

}  // namespace netlab::problem5
