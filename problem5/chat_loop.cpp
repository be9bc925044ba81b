// SPDX-License-Identifier: MIT
#include "problem5/chat_loop.hpp"

#include <fcntl.h>

#include <utility>

#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab::problem5 {

namespace {

constexpr unsigned kMaxUnprinted = 16;

}  // namespace

FileDescriptor open_transcript(const ChatOptions& options) {
    if (options.transcript.empty()) return {};
    return open_file(options.transcript, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
}

ChatLoop::ChatLoop(const ChatProgram& program, const ChatOptions& options,
                   FileDescriptor transcript, Transport& transport)
    : program_(program),
      options_(options),
      transcript_(std::move(transcript)),
      transport_(transport),
      conversation_(program.role, options.name, console_.on_terminal()) {}

int ChatLoop::run() {
    try {
        turns();
        report_unsent();
        show();
    } catch (...) {
        take_leave();
        throw;
    }
    transport_.finish();
    const int outcome = greeted_ && !conversation_.ended_well() ? 1 : 0;
    if (!program_.server()) return interrupted_ ? 130 : outcome;
    return options_.once ? outcome : 0;
}

void ChatLoop::turns() {
    while (true) {
        const TimePoint now = Clock::now();
        read_keyboard();
        transport_.on_timer(now);
        converse(now);
        if (finished(now)) return;
        // Only now: the one before may just have left.
        if (std::exchange(at_door_, false)) transport_.admit(now);
        if (transport_.peer() != nullptr && !greeted_) continue;
        // Messages in a row are printed together; not too many, so that none waits for long.
        if (greeted_ && ++unprinted_ % kMaxUnprinted != 0 &&
            spin_.until([this] { return transport_.receive(Clock::now()); })) {
            continue;
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
        // Whoever types it wants to go now; in a script it stands for the place where it is.
        if (*line == "/quit" && console_.on_terminal()) report_unsent();
        conversation_.type(std::move(*line));
    }
    if (!console_.at_end() || hung_up_) return;
    if (!console_.on_terminal()) return conversation_.end_of_input();
    hung_up_ = true;
    report_unsent();
    conversation_.type("/quit");
}

void ChatLoop::converse(TimePoint now) {
    Peer* const peer = transport_.peer();
    if (peer == nullptr) {
        transport_.send(now);
        return;
    }
    if (!std::exchange(greeted_, true)) conversation_.begin(transport_.greeting());
    if (interrupted_) conversation_.leave(*peer, now);
    do {
        conversation_.converse(*peer, now);
    } while (transport_.send(now));
}

bool ChatLoop::finished(TimePoint now) {
    if (greeted_ && transport_.peer()->over() && !conversation_.talking()) {
        const bool last = !program_.server() || (options_.once && !transport_.has_successor());
        if (last || interrupted_) return true;
        transport_.let_go(now);
        greeted_ = false;
        if (transport_.peer() == nullptr) conversation_.notice("waiting for the next client");
    }
    if (transport_.peer() != nullptr) return false;
    return interrupted_ || hung_up_ || conversation_.wants_to_quit();
}

void ChatLoop::show() {
    for (Line& line : transport_.take_news()) conversation_.print(std::move(line));
    std::string messages;  // in a row: one write
    const auto print_messages = [&] {
        if (messages.empty()) return;
        print_out(std::exchange(messages, {}),
                  program_.server() ? wait_for_events : wait_or_interrupt);
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
    const auto [data, door] = transport_.watched();
    // A signal stays readable for ever.
    const pollfd signals{interrupted_ ? -1 : signal_descriptor(), POLLIN, 0};
    std::array<pollfd, 5> watched{{keyboard, job_control, data, door, signals}};
    static_cast<void>(wait_for_events(watched, transport_.next_deadline()));
    if (watched[4].revents != 0) interrupted_ = true;
    at_door_ = watched[3].revents != 0;
    if (watched[2].revents != 0) transport_.receive(Clock::now());
}

// Lines that were typed in vain.
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

// Without the user, who cannot be told anything any more.
void ChatLoop::take_leave() noexcept {
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
