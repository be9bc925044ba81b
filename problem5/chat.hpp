// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "problem5/chat_options.hpp"
#include "problem5/dialogue.hpp"
#include "problem5/peer.hpp"
#include "problem5/transcript.hpp"

namespace netlab::problem5 {

// The user's side of all four programs: keyboard, screen and transcript of one dialogue after
// another. Knows no transport: a main loop waits for keyboard and network together, and then calls
//
//     chat.read_keyboard();
//     chat.converse(peer, now);    // what the peer did, and what goes to it now
//     ... send ...                 // before printing, for the other one waits
//     chat.show();
class Chat {
  public:
    // Why a text cannot be sent; nullopt where it can.
    using Check = std::optional<std::string> (*)(std::string_view text);

    struct Role {
        const char* program;
        const char* own_name;   // where --name is not given
        const char* peer_name;  // until the peer tells another one
        Dialogue::Turn first;
        Check check;
    };

    // Takes the terminal over until the end of its life.
    Chat(const ChatOptions& options, const Role& role);

    // What to poll for, and what to do when a wait has ended, whatever ended it.
    [[nodiscard]] std::array<pollfd, 2> keyboard() const noexcept { return console_.watched(); }
    void read_keyboard();

    // A peer is there. The notice says so.
    void begin(const std::string& notice);
    [[nodiscard]] bool open() const noexcept { return dialogue_.turn() != Dialogue::Turn::nobodys; }

    // Takes what the peer did and gives it what it is to hear, until nothing is left to do.
    void converse(Peer& peer, TimePoint now);

    // Says goodbye at once: Ctrl+C.
    void leave(Peer& peer, TimePoint now);

    // With nobody there: whether the user wants no other peer to come.
    [[nodiscard]] bool wants_to_quit();

    // Whether the last dialogue ended in a goodbye.
    [[nodiscard]] bool ended_well() const noexcept { return ended_well_; }

    // Prints what has come up since, and whose turn it is.
    void show();

    // For the screen, unless --quiet; and for the screen in any case.
    void notice(const std::string& text);
    void error(const std::string& text);

    // Tells how many lines were typed in vain. Before the end of the program.
    void report_unsent();

  private:
    enum class Stream { out, err };

    void take_typed(std::string line);
    void hear(PeerEvent event);
    void do_step(const Dialogue::Step& step, Peer& peer, TimePoint now);
    void show_message(std::string_view text);
    void end(bool well, const std::string& why);
    void tell_waiting();
    [[nodiscard]] std::string prompt() const;
    void print(Stream stream, std::string line);

    const ChatOptions& options_;
    Role role_;
    std::string own_name_;
    std::string peer_name_;
    Transcript transcript_;
    Dialogue dialogue_;
    std::vector<std::pair<Stream, std::string>> screen_;  // not printed yet
    bool typed_ = false;                                  // since waiting lines were last told
    std::size_t waited_ = 0;                              // lines that were told to wait
    bool asked_ = false;                                  // told that it is the user's turn
    bool hung_up_ = false;                                // Ctrl+D
    bool ended_well_ = false;
    Console console_;
};

}  // namespace netlab::problem5
