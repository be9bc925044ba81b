// SPDX-License-Identifier: MIT
#include "problem5/chat.hpp"

#include <utility>

#include "common/io.hpp"
#include "common/terminal.hpp"

namespace netlab::problem5 {

namespace {

std::string count_lines(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " line" : " lines");
}

}  // namespace

Chat::Chat(const ChatOptions& options, const Role& role)
    : options_(options),
      role_(role),
      own_name_(options.name.empty() ? role.own_name : options.name),
      peer_name_(role.peer_name),
      transcript_(options.transcript) {}

void Chat::read_keyboard() {
    console_.read();
    while (dialogue_.may_type()) {
        auto line = console_.next_line();
        if (!line) break;
        take_typed(std::move(*line));
    }
    if (!console_.at_end() || hung_up_) return;
    if (console_.on_terminal()) {
        hung_up_ = true;
        take_typed("/quit");
    } else {
        dialogue_.end_of_input();
    }
}

void Chat::take_typed(std::string line) {
    // TCP takes a "\r" before the newline for a part of it.
    while (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return;
    if (line == "/quit") {
        // Whoever types it wants to go now; in a script it stands for the place where it is.
        if (console_.on_terminal()) report_unsent();
        return dialogue_.quit();
    }
    if (const auto problem = role_.check(line)) return error("not sent: " + *problem);
    dialogue_.type(std::move(line));
    typed_ = true;
}

void Chat::begin(const std::string& text) {
    peer_name_ = role_.peer_name;
    transcript_.begin(own_name_, peer_name_);
    dialogue_.begin(role_.first);
    notice(text);
}

void Chat::converse(Peer& peer, TimePoint now) {
    while (open() && dialogue_.may_hear()) {
        auto event = peer.take_event();
        if (!event) break;
        hear(std::move(*event));
    }
    while (open()) {
        const auto step = dialogue_.next(peer.ready());
        if (!step) break;
        do_step(*step, peer, now);
    }
    if (open() && !peer.name_may_come()) transcript_.settle();
    tell_waiting();
}

void Chat::hear(PeerEvent event) {
    switch (event.kind) {
        case PeerEvent::Kind::message:
            return dialogue_.hear(std::move(event.text));
        case PeerEvent::Kind::name:
            if (!is_good_name(event.text)) return;
            peer_name_ = event.text;
            return transcript_.set_peer_name(event.text);
        case PeerEvent::Kind::strange:
            return notice(peer_name_ + " sent what is no message: " + event.text);
        case PeerEvent::Kind::left:
            return end(true, peer_name_ + " has left");
        case PeerEvent::Kind::lost:
            return end(false, peer_name_ + " is lost: " + event.text);
        case PeerEvent::Kind::busy:
            transcript_.discard();
            return end(false, peer_name_ + " is busy: it talks to somebody else");
    }
}

void Chat::do_step(const Dialogue::Step& step, Peer& peer, TimePoint now) {
    switch (step.kind) {
        case Dialogue::Step::Kind::say:
            peer.say(step.text, now);
            transcript_.add(Transcript::Speaker::we, step.text);
            // What was typed in its turn stands on the screen already.
            if (waited_ > 0 && console_.on_terminal()) notice("sent: " + step.text);
            if (waited_ > 0) --waited_;
            return;
        case Dialogue::Step::Kind::show:
            return show_message(step.text);
        case Dialogue::Step::Kind::leave:
            return leave(peer, now);
    }
}

void Chat::show_message(std::string_view text) {
    transcript_.add(Transcript::Speaker::peer, text);
    print(Stream::out, peer_name_ + ": " + escaped(text));
}

void Chat::leave(Peer& peer, TimePoint now) {
    if (!open()) return;
    peer.goodbye(now);
    end(true, "goodbye");
}

void Chat::end(bool well, const std::string& why) {
    for (const std::string& text : dialogue_.end()) show_message(text);
    transcript_.settle();
    ended_well_ = well;
    if (well) return notice(why);
    error(why);
}

bool Chat::wants_to_quit() {
    return !open() && (hung_up_ || dialogue_.next().has_value());
}

// Lines that have just been typed, and could not go.
void Chat::tell_waiting() {
    if (!std::exchange(typed_, false)) return;
    waited_ = dialogue_.waiting();
    const bool nobody_else = !open() && role_.first == Dialogue::Turn::ours;  // a client's one peer
    if (waited_ == 0 || nobody_else) return;
    notice((open() ? "not your turn yet: " : "nobody is here yet: ") + count_lines(waited_) +
           (waited_ == 1 ? " waits" : " wait"));
}

void Chat::report_unsent() {
    // Of a script, also the lines that nobody has read so far; a bounded number of them.
    const auto follows = [this] {
        const int keyboard = console_.watched()[0].fd;
        return !console_.on_terminal() && keyboard >= 0 && wait_readable(keyboard, TimePoint{});
    };
    while (dialogue_.may_type() && follows()) {
        console_.read();
        while (auto line = console_.next_line()) take_typed(std::move(*line));
    }
    const std::size_t count = dialogue_.waiting();
    dialogue_.drop_typed();
    waited_ = 0;
    if (count == 0) return;
    error(count_lines(count) + (count == 1 ? " was" : " were") + " not sent" +
          (follows() ? ", nor was what follows them" : ""));
}

void Chat::show() {
    tell_waiting();
    const bool asked = dialogue_.turn() == Dialogue::Turn::ours && !console_.at_end();
    if (asked && !asked_ && !console_.on_terminal()) notice("your turn");
    asked_ = asked;
    for (const auto& [stream, line] : screen_) {
        if (stream == Stream::out) {
            print_out(line);
        } else {
            print_error(line);
        }
    }
    screen_.clear();
    console_.set_prompt(prompt());
    transcript_.flush();
}

std::string Chat::prompt() const {
    switch (dialogue_.turn()) {
        case Dialogue::Turn::ours:
            return "[your turn] ";
        case Dialogue::Turn::theirs:
            return "[" + peer_name_ + "'s turn] ";
        case Dialogue::Turn::nobodys:
            break;
    }
    return "[no " + std::string(role_.peer_name) + " yet] ";
}

void Chat::notice(const std::string& text) {
    if (!options_.common.quiet) print(Stream::err, "* " + escaped(text));
}

void Chat::error(const std::string& text) {
    print(Stream::err, std::string(role_.program) + ": " + escaped(text));
}

void Chat::print(Stream stream, std::string line) {
    screen_.emplace_back(stream, std::move(line += '\n'));
}

}  // namespace netlab::problem5
