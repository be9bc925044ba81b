// SPDX-License-Identifier: MIT
#include "problem5/chat_loop.hpp"

#include <utility>

#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "problem5/chat_line.hpp"
#include "problem5/packet.hpp"

namespace netlab::problem5 {

namespace {

constexpr unsigned kMaxUnprinted = 16;

}  // namespace

ChatLoop::ChatLoop(const ChatProgram& program, const ChatOptions& options,
                   FileDescriptor transcript, Transport& transport)
    : program_(program),
      options_(options),
      transcript_(std::move(transcript)),
      transport_(transport),
      conversation_(program.role,
                    program.over == ChatProgram::Over::udp ? validate_text : validate_line,
                    options.name, console_.on_terminal()) {}

int ChatLoop::run() {
    try {
        turns();
        report_unsent();
        show();
    } catch (...) {
        say_goodbye();
        throw;
    }
    transport_.finish();
    const int outcome = transport_.peer() != nullptr && !conversation_.ended_well() ? 1 : 0;
    if (!is_server()) return interrupted_ ? 130 : outcome;
    return options_.once ? outcome : 0;
}

void ChatLoop::turns() {
    while (true) {
        const TimePoint now = Clock::now();
        read_keyboard();
        transport_.on_timer(now);
        converse(now);
        if (finished(now)) return;
        // Only now: the client before may just have left.
        if (std::exchange(accept_ready_, false)) transport_.accept(now);
        if (transport_.peer() != nullptr) {
            if (!conversation_.begun()) continue;
            // Messages in a row are printed together; not too many, so that none waits for long.
            const bool may_spin = ++unprinted_ % kMaxUnprinted != 0;
            if (may_spin && spin_.until([this] { return transport_.receive(Clock::now()); })) {
                continue;
            }
        }
        show();
        wait();
    }
}

void ChatLoop::read_keyboard() {
    console_.read();
    while (conversation_.may_type()) {
        auto line = console_.next_line();
        if (!line) break;
        // A user who types it wants to go now; in a script it waits for the lines before it.
        if (*line == "/quit" && console_.on_terminal()) report_unsent();
        conversation_.type(std::move(*line));
    }
    if (!console_.at_end() || input_ended_) return;
    if (!console_.on_terminal()) return conversation_.end_of_input();
    input_ended_ = true;
    report_unsent();
    conversation_.type("/quit");
}

void ChatLoop::converse(TimePoint now) {
    Peer* const peer = transport_.peer();
    if (peer == nullptr) {
        transport_.send(now);
        return;
    }
    if (!conversation_.begun()) conversation_.begin(transport_.greeting());
    if (interrupted_) conversation_.leave(*peer, now);
    do {
        conversation_.converse(*peer, now);
    } while (transport_.send(now));
}

bool ChatLoop::finished(TimePoint now) {
    if (transport_.peer() != nullptr) {
        if (conversation_.begun()) return false;
        const bool last = !is_server() || (options_.once && !transport_.has_successor());
        if (last || interrupted_) return true;
        transport_.disconnect(now);
        if (transport_.peer() != nullptr) return false;
        conversation_.notice("waiting for the next client");
    }
    return interrupted_ || input_ended_ || conversation_.wants_to_quit();
}

void ChatLoop::show() {
    for (Line& line : transport_.take_notices()) conversation_.print(std::move(line));
    std::string messages;  // in a row: one write
    const auto print_messages = [&] {
        if (messages.empty()) return;
        print_out(std::exchange(messages, {}), is_server() ? wait_for_events : wait_or_interrupt);
    };
    for (const auto& [kind, text] : conversation_.take_screen()) {
        if (kind != Line::Kind::message) print_messages();
        switch (kind) {
            case Line::Kind::message:
                messages += text + '\n';
                break;
            case Line::Kind::notice:
                if (!options_.common.quiet) print_error("* " + escaped(text) + '\n');
                break;
            case Line::Kind::error:
                print_error(program_.name + (": " + escaped(text)) + '\n');
                break;
        }
    }
    print_messages();
    console_.set_prompt(conversation_.prompt());
    const std::string lines = conversation_.take_transcript();
    if (transcript_.valid()) write_all(transcript_.get(), as_bytes(lines), options_.transcript);
}

void ChatLoop::wait() {
    const auto [keyboard, job_control] = console_.watched();
    const auto [data, listener] = transport_.watched();
    // A signal stays readable for ever.
    const pollfd signals{interrupted_ ? -1 : signal_descriptor(), POLLIN, 0};
    std::array<pollfd, 5> watched{{keyboard, job_control, data, listener, signals}};
    static_cast<void>(wait_for_events(watched, transport_.next_deadline()));
    if (watched[4].revents != 0) interrupted_ = true;
    accept_ready_ = watched[3].revents != 0;
    if (watched[2].revents != 0) transport_.receive(Clock::now());
}

// Forgets the lines that were typed and cannot go any more.
void ChatLoop::report_unsent() {
    // Of a script, also the lines that nobody has read so far; a bounded number of them.
    const auto follows = [this] {
        const int keyboard = console_.watched()[0].fd;
        return !console_.on_terminal() && keyboard >= 0 && wait_readable(keyboard, TimePoint{});
    };
    while (conversation_.may_type() && follows()) {
        console_.read();
        while (auto line = console_.next_line()) conversation_.type(std::move(*line));
    }
    const std::size_t count = conversation_.drop_typed();
    if (count == 0) return;
    conversation_.error(count_lines(count) + (count == 1 ? " was" : " were") + " not sent" +
                        (follows() ? ", nor was what follows them" : ""));
}

// As converse() does, but without the user, to whom nothing can be shown any more.
void ChatLoop::say_goodbye() noexcept {
    try {
        Peer* const peer = transport_.peer();
        if (peer == nullptr) return;
        for (peer->goodbye(Clock::now());; transport_.receive(Clock::now())) {
            const TimePoint now = Clock::now();
            transport_.on_timer(now);
            while (peer->take_event()) continue;
            transport_.send(now);
            if (peer->over()) break;
            pollfd data = transport_.watched().data;
            static_cast<void>(wait_for_events({&data, 1}, transport_.next_deadline()));
        }
        transport_.finish();
    } catch (const std::exception&) {
        return;  // the first failure is the one to tell
    }
}

}  // namespace netlab::problem5
