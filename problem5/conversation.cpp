// SPDX-License-Identifier: MIT
#include "problem5/conversation.hpp"

#include <utility>

#include "common/text.hpp"
#include "problem5/packet.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::string_view kHelp =
    "Enter sends a line in your turn; /quit says goodbye, Ctrl+D and Ctrl+C too; a message that "
    "begins with / is typed with two";

}  // namespace

bool is_good_name(std::string_view name) {
    constexpr std::size_t kMaxSize = 32;
    return !name.empty() && count_characters(name) <= kMaxSize &&
           name.find(':') == std::string_view::npos && escaped(name) == name;
}

std::string count_lines(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " line" : " lines");
}

Conversation::Conversation(Role role, Validate validate, const std::string& own_name,
                           bool at_terminal)
    : role_(role),
      validate_(validate),
      at_terminal_(at_terminal),
      own_name_(!own_name.empty()      ? own_name
                : role == Role::client ? "client"
                                       : "server") {}

const char* Conversation::default_peer_name() const noexcept {
    return role_ == Role::client ? "server" : "client";
}

void Conversation::type(std::string line) {
    // TCP takes a "\r" before the newline for a part of it.
    while (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return;
    if (line == "/quit") return dialogue_.quit();
    if (at_terminal_ && line.starts_with('/')) {
        if (line == "/help") return notice(std::string(kHelp));
        if (!line.starts_with("//")) {
            return error("not a command: " + line + ": /" + line +
                         " sends it as a message, /help tells what there is");
        }
        line.erase(0, 1);
    }
    if (const auto problem = validate_(line)) return error("not sent: " + *problem);
    dialogue_.type(std::move(line));
    typed_ = true;
}

std::size_t Conversation::drop_typed() {
    waited_ = 0;
    return dialogue_.drop_typed();
}

void Conversation::begin(const std::string& text) {
    begun_ = true;
    peer_name_ = default_peer_name();
    dialogue_.begin(role_ == Role::client ? Dialogue::Turn::ours : Dialogue::Turn::theirs);
    notice(text);
}

void Conversation::converse(Peer& peer, TimePoint now) {
    while (dialogue_.may_hear()) {
        auto event = peer.take_event();
        if (!event) break;
        hear(std::move(*event));
    }
    while (talking()) {
        const auto step = dialogue_.next(peer.ready());
        if (!step) break;
        do_step(*step, peer, now);
    }
    const bool over = peer.over() && !talking();
    if (over || !peer.name_may_come()) settle_names();
    if (!over || !std::exchange(begun_, false)) return;
    if (ended_well_ && !peer.all_arrived()) {
        notice(peer_name_ + " may not have heard the last line");
    }
}

void Conversation::hear(PeerEvent event) {
    switch (event.kind) {
        case PeerEvent::Kind::message:
            // One that comes after a goodbye was under way already: the peer has said it.
            if (!talking()) return show_message(event.text);
            return dialogue_.hear(std::move(event.text));
        case PeerEvent::Kind::name:
            if (!is_good_name(event.text)) return;
            peer_name_ = event.text;
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

void Conversation::do_step(const Dialogue::Step& step, Peer& peer, TimePoint now) {
    switch (step.kind) {
        case Dialogue::Step::Kind::say:
            peer.say(step.text, now);
            held_back_.emplace_back(true, step.text);
            // What was typed in its turn stands on the screen already.
            if (waited_ > 0 && at_terminal_) notice("sent: " + step.text);
            if (waited_ > 0) --waited_;
            return;
        case Dialogue::Step::Kind::show:
            return show_message(step.text);
        case Dialogue::Step::Kind::leave:
            return leave(peer, now);
    }
}

void Conversation::show_message(std::string_view text) {
    held_back_.emplace_back(false, text);
    print({Line::Kind::message, peer_name_ + ": " + escaped(text)});
}

void Conversation::leave(Peer& peer, TimePoint now) {
    if (!talking()) return;
    peer.goodbye(now);
    end(true, "goodbye");
}

void Conversation::end(bool well, std::string why) {
    if (!talking()) return;
    for (const std::string& text : dialogue_.end()) show_message(text);
    ended_well_ = well;
    print({well ? Line::Kind::notice : Line::Kind::error, std::move(why)});
}

void Conversation::settle_names() {
    for (const auto& [ours, text] : std::exchange(held_back_, {})) {
        transcript_ += (ours ? own_name_ : peer_name_) + ": " + text + '\n';
    }
}

// Lines that have just been typed, and could not go.
void Conversation::tell_waiting() {
    if (!std::exchange(typed_, false)) return;
    waited_ = dialogue_.waiting();
    // A client's lines wait for no other peer.
    if (waited_ == 0 || (!talking() && role_ == Role::client)) return;
    notice((talking() ? "not your turn yet: " : "nobody is here yet: ") + count_lines(waited_) +
           (waited_ == 1 ? " waits" : " wait"));
}

void Conversation::tell_turn() {
    const bool asked = turn() == Dialogue::Turn::ours && !dialogue_.input_ended();
    if (asked && !asked_ && !at_terminal_) notice("your turn");
    asked_ = asked;
}

std::vector<Line> Conversation::take_screen() {
    tell_waiting();
    tell_turn();
    return std::exchange(screen_, {});
}

std::string Conversation::prompt() const {
    switch (turn()) {
        case Dialogue::Turn::ours:
            return "[your turn] ";
        case Dialogue::Turn::theirs:
            return "[" + peer_name_ + "'s turn] ";
        case Dialogue::Turn::nobodys:
            break;
    }
    return begun_ ? "" : std::string("[no ") + default_peer_name() + " yet] ";
}

}  // namespace netlab::problem5
