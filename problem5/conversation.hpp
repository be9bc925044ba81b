// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "problem5/dialogue.hpp"
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

// "1 line", "2 lines".
std::string count_lines(std::size_t count);

// What an end of the chat decides, whatever the transport: what goes to the peer when, what the
// user sees, and what the transcript holds, for one dialogue after another. Pure: typed lines and
// the peer's events go in, lines for the screen and the transcript come out.
class Conversation {
  public:
    enum class Role { client, server };  // the client speaks first

    // Why a text cannot be sent; nullopt if it can.
    using Validate = std::optional<std::string> (*)(std::string_view text);

    // An empty name stands for "client" or "server". Lines from a terminal stand on its screen
    // already, lines from a script do not.
    Conversation(Role role, Validate validate, const std::string& own_name, bool at_terminal);

    // What the user types: a line, or /quit, at a terminal also /help, and // for a / in front; and
    // that nothing more will be typed.
    void type(std::string line);
    void end_of_input() { dialogue_.end_of_input(); }
    // False while so much waits that no more should be read.
    [[nodiscard]] bool may_type() const noexcept { return dialogue_.may_type(); }
    // Forgets the lines that wait. Returns how many.
    std::size_t drop_typed();

    // A peer is there. The notice says so.
    void begin(const std::string& notice);
    // From begin() until the peer is over() and all that it said is dealt with.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    // True until the user or the peer has left. What is still under way then is heard until the
    // peer is over().
    [[nodiscard]] bool talking() const noexcept { return turn() != Dialogue::Turn::nobodys; }
    [[nodiscard]] Dialogue::Turn turn() const noexcept { return dialogue_.turn(); }
    [[nodiscard]] bool ended_well() const noexcept { return ended_well_; }

    // Takes what the peer did and gives it what it is to hear, until nothing is left to do.
    void converse(Peer& peer, TimePoint now);
    // Says goodbye at once: Ctrl+C.
    void leave(Peer& peer, TimePoint now);
    // With nobody there: whether the user wants no other peer to come.
    [[nodiscard]] bool wants_to_quit() { return dialogue_.next().has_value(); }

    void print(Line line) { screen_.push_back(std::move(line)); }
    void notice(std::string text) { print({Line::Kind::notice, std::move(text)}); }
    void error(std::string text) { print({Line::Kind::error, std::move(text)}); }
    // What has come up since, for the screen.
    [[nodiscard]] std::vector<Line> take_screen();
    // And what both have said, as "NAME: text" lines: raw, and the same at both ends. Over UDP a
    // name may arrive after the first messages: they are held back until nobody's changes any more.
    [[nodiscard]] std::string take_transcript() { return std::exchange(transcript_, {}); }
    // Whose turn it is.
    [[nodiscard]] std::string prompt() const;

  private:
    void hear(PeerEvent event);
    void do_step(const Dialogue::Step& step, Peer& peer, TimePoint now);
    void show_message(std::string_view text);
    void end(bool well, std::string why);
    void settle_names();
    void tell_waiting();
    void tell_turn();
    [[nodiscard]] const char* default_peer_name() const noexcept;

    const Role role_;
    const Validate validate_;
    const bool at_terminal_;
    const std::string own_name_;
    std::string peer_name_;
    Dialogue dialogue_;
    std::string transcript_;
    std::vector<std::pair<bool, std::string>> held_back_;  // ours?, and the text
    std::vector<Line> screen_;
    bool typed_ = false;      // since waiting lines were last told
    std::size_t waited_ = 0;  // lines that were told to wait
    bool asked_ = false;      // told that it is the user's turn
    bool begun_ = false;
    bool ended_well_ = false;
};

}  // namespace netlab::problem5
