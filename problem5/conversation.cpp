// SPDX-License-Identifier: MIT
#include "problem5/conversation.hpp"

#include <algorithm>
#include <array>

#include "common/summary.hpp"
#include "common/text.hpp"
#include "problem5/protocol.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::array<const char*, 2> kNames{"client", "server"};

constexpr std::string_view kHelp =
    "Enter sends a line in your turn; /quit says goodbye, Ctrl+D and Ctrl+C too; a message that "
    "begins with / is typed with two";

}  // namespace

bool is_good_name(std::string_view name) {
    constexpr std::size_t kMaxSize = 32;
    return !name.empty() && count_characters(name) <= kMaxSize &&
           name.find(':') == std::string_view::npos && escaped(name) == name;
}

Conversation::Conversation(Role role, Validate validate, const std::string& own_name,
                           bool at_terminal)
    : role_(role),
      validate_(validate),
      at_terminal_(at_terminal),
      own_name_(own_name.empty() ? kNames[role == Role::server] : own_name),
      default_peer_name_(kNames[role == Role::client]) {}

void Conversation::type(std::string line) {
    // TCP takes a "\r" before the newline for a part of it.
    while (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return;
    if (line == "/quit") return typed_.push(std::string(kGoodbye));
    if (at_terminal_ && line.starts_with('/')) {
        if (line == "/help") return notice(std::string(kHelp));
        if (!line.starts_with("//")) {
            return error("not a command: " + line + ": /" + line +
                         " sends it as a message, /help tells what there is");
        }
        line.erase(0, 1);
    }
    if (const auto problem = validate_(line)) return error("not sent: " + *problem);
    typed_.push(std::move(line));
    news_ = true;
}

std::size_t Conversation::waiting() const {
    const auto& lines = typed_.lines();
    return lines.size() - static_cast<std::size_t>(std::ranges::count(lines, kGoodbye));
}

void Conversation::drop_typed(bool more_follow) {
    const std::size_t count = waiting();
    waited_ = 0;
    typed_ = {};
    if (count == 0) return;
    error(show_count(count, "line") + (count == 1 ? " was" : " were") + " not sent" +
          (more_follow ? ", nor was what follows them" : ""));
}

void Conversation::begin(const std::string& text) {
    begun_ = true;
    peer_name_ = default_peer_name_;
    turn_ = role_ == Role::client ? Turn::ours : Turn::theirs;
    notice(text);
}

void Conversation::converse(Peer& peer, TimePoint now) {
    while (heard_.has_room()) {
        auto event = peer.take_event();
        if (!event) break;
        hear(std::move(*event));
    }
    while (talking() && take_turn(peer, now)) continue;
    const bool over = peer.over() && !talking();
    if (over || !peer.name_may_come()) {
        for (const auto& [ours, text] : std::exchange(held_back_, {})) {
            transcript_ += (ours ? own_name_ : peer_name_) + ": " + text + '\n';
        }
    }
    if (!over || !begun_) return;
    begun_ = false;
    if (ended_well_ && !peer.all_arrived()) {
        notice(peer_name_ + " may not have heard the last line");
    }
}

void Conversation::hear(PeerEvent event) {
    switch (event.kind) {
        case PeerEvent::Kind::message:
            // One that comes after a goodbye was under way already: the peer has said it.
            if (!talking()) return show_message(std::move(event.text));
            return heard_.push(std::move(event.text));
        case PeerEvent::Kind::name:
            if (is_good_name(event.text)) peer_name_ = event.text;
            return;
        case PeerEvent::Kind::unknown:
            return notice(peer_name_ + " sent what is no message: " + event.text);
        case PeerEvent::Kind::left:
            return end(true, peer_name_ + " has left");
        case PeerEvent::Kind::lost:
            return end(false, peer_name_ + " is lost: " + event.text);
        case PeerEvent::Kind::busy:
            held_back_.clear();  // nobody has heard it
            return end(false, peer_name_ + " is busy: it talks to somebody else");
    }
}

// Does one thing that is to be done now; false if something else has to happen first.
bool Conversation::take_turn(Peer& peer, TimePoint now) {
    const bool ours = turn_ == Turn::ours;
    const bool none_typed = typed_.lines().empty();
    if (wants_to_quit()) {
        typed_.pop();
        leave(peer, now);
    } else if (ours && none_typed && input_ended_) {
        leave(peer, now);
    } else if (ours && !none_typed && peer.ready()) {
        turn_ = Turn::theirs;
        say(typed_.pop(), peer, now);
    } else if (!ours && !heard_.lines().empty()) {
        turn_ = Turn::ours;
        show_message(heard_.pop());
    } else {
        return false;
    }
    return true;
}

void Conversation::say(std::string text, Peer& peer, TimePoint now) {
    peer.say(text, now);
    // What was typed in its turn stands on the screen already.
    if (waited_ > 0 && at_terminal_) notice("sent: " + text);
    if (waited_ > 0) --waited_;
    held_back_.emplace_back(true, std::move(text));
}

void Conversation::show_message(std::string text) {
    print({Line::Kind::message, peer_name_ + ": " + text});
    held_back_.emplace_back(false, std::move(text));
}

void Conversation::leave(Peer& peer, TimePoint now) {
    if (!talking()) return;
    peer.goodbye(now);
    end(true, "goodbye");
}

void Conversation::end(bool well, std::string why) {
    if (!talking()) return;
    turn_ = Turn::nobodys;
    // What the peer has said too early, nobody will answer.
    while (!heard_.lines().empty()) show_message(heard_.pop());
    ended_well_ = well;
    print({well ? Line::Kind::notice : Line::Kind::error, std::move(why)});
}

// Lines that have just been typed, and could not go.
void Conversation::tell_waiting() {
    if (!std::exchange(news_, false)) return;
    waited_ = waiting();
    // A client's lines wait for no other peer.
    if (waited_ == 0 || (!talking() && role_ == Role::client)) return;
    notice((talking() ? "not your turn yet: " : "nobody is here yet: ") +
           show_count(waited_, "line") + (waited_ == 1 ? " waits" : " wait"));
}

std::vector<Line> Conversation::take_screen() {
    tell_waiting();
    const bool asked = turn_ == Turn::ours && !input_ended_;
    if (asked && !asked_ && !at_terminal_) notice("your turn");
    asked_ = asked;
    return std::exchange(screen_, {});
}

std::string Conversation::prompt() const {
    if (turn_ == Turn::ours) return "[your turn] ";
    if (talking()) return "[" + peer_name_ + "'s turn] ";
    return begun_ ? "" : "[no " + default_peer_name_ + " yet] ";
}

}  // namespace netlab::problem5
