// SPDX-License-Identifier: MIT
#include "problem6/operator.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/server_log.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/thread.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kMaxAtOnce = 64 * 1024;
constexpr Duration kTimeForRest = milliseconds(500);
constexpr int kBackOff = 50;  // ms

void complain(std::string_view problem) {
    log_line({"server: ", problem, "\n"});
}

}  // namespace

Operator::Operator(Hub& hub, Console& console)
    : hub_(hub), console_(console), thread_(start_thread([this] {
          begun_.wait(false);
          run();
      })) {}

void Operator::begin() noexcept {
    begun_ = true;
    begun_.notify_one();
}

void Operator::stop() {
    begin();
    hub_.close_all(Clock::now());
    if (thread_.joinable()) thread_.join();
}

void Operator::run() noexcept {
    bool told = false;
    while (true) {
        try {
            if (hub_.operator_outbox().closed()) return finish();
            turn();
            told = false;
        } catch (const std::bad_alloc& error) {
            // Clients have gone, or will go, and their memory is free again.
            if (!std::exchange(told, true)) complain(error.what());
            ::poll(nullptr, 0, kBackOff);
        } catch (const std::exception& error) {
            complain(error.what());
            screen_failed_ = true;
            return request_stop();
        }
    }
}

void Operator::turn() {
    show_waiting();
    take_lines();
    try_held();
    console_.set_prompt(hub_.prompt());
    wait();
}

// Nobody reads what is said: no failure of a server that was told to stop.
void Operator::finish() {
    const TimePoint deadline = deadline_in(kTimeForRest);
    for (show_waiting(); !block_.empty(); show_waiting()) {
        if (wait_writable(screen(), deadline)) continue;
        complain("write stdout: nobody reads it");
        if (!signal_received()) screen_failed_ = true;
        return;
    }
}

// As much as goes without a wait. If poll(2) sees room in a pipe, PIPE_BUF bytes go in at once
// (pipe(7)); a terminal gets whole lines, above its prompt.
void Operator::show_waiting() {
    while (!block_.empty() || take_block()) {
        const std::size_t most = ::isatty(screen()) != 0 ? block_.size() : PIPE_BUF;
        std::string_view rest = block_;
        while (!rest.empty() && wait_writable(screen(), TimePoint{})) {
            const std::string_view piece = rest.substr(0, most);
            print(piece);
            rest.remove_prefix(piece.size());
        }
        block_.erase(0, block_.size() - rest.size());
        if (!block_.empty()) return;
    }
    Outbox& outbox = hub_.operator_outbox();
    if (!outbox.overflowed()) return;
    complain("lines came faster than they could be shown: left out: " +
             std::to_string(outbox.reopen()));
}

// Neighbours of one kind go together: a write each would be slow. Not too many, since speakers wait
// for a screen that they see move. False if there are none.
bool Operator::take_block() {
    Outbox& outbox = hub_.operator_outbox();
    const std::string_view lines = as_text(outbox.next());
    if (lines.empty()) return false;
    std::string block;
    std::size_t size = 0;
    while (size < lines.size() && lines[size] == lines[0] && size < kMaxAtOnce) {
        const std::size_t end = lines.find('\n', size) + 1;
        block += lines.substr(size + 1, end - size - 1);
        size = end;
    }
    kind_ = lines[0];
    block_ = std::move(block);
    outbox.sent(size, Clock::now());
    return true;
}

int Operator::screen() const noexcept {
    return kind_ == Hub::kMessage ? STDOUT_FILENO : STDERR_FILENO;
}

void Operator::print(std::string_view text) {
    if (kind_ == Hub::kNotice) return print_error(text);
    try {
        print_out(text);
    } catch (const SystemError& error) {
        if (!screen_failed_.exchange(true)) complain(error.what());
    }
}

void Operator::take_lines() {
    try {
        console_.read();
    } catch (const SystemError& error) {
        if (!input_failed_.exchange(true)) complain(error.what());
    }
    // From a pipe one at a time: what cannot be done yet stays in the pipe.
    while (console_.on_terminal() || held_.empty()) {
        auto line = console_.next_line();
        if (!line) return;
        if (!attempt(*line, true)) held_.push_back(std::move(*line));
    }
}

void Operator::try_held() {
    const auto done = [this](const std::string& line) { return attempt(line, false); };
    if (console_.on_terminal()) {
        std::erase_if(held_, done);
        return;
    }
    while (!held_.empty() && done(held_.front())) {
        held_.pop_front();
        take_lines();
    }
}

// True if the line is dealt with, false if it has to be tried again.
bool Operator::attempt(const std::string& line, bool first_time) {
    const bool typed = console_.on_terminal();
    switch (hub_.operator_line(line, Clock::now())) {
        case Chat::Outcome::done:
            return true;
        case Chat::Outcome::wait:
            if (first_time && typed) complain("not yet: the line waits for the client's message");
            return false;
        case Chat::Outcome::absent:
            break;
    }
    std::string_view rest = line;
    const std::string whom = escaped(take_word(rest).substr(1));
    // A script may have been written before its clients came; a user has mistyped a name.
    if (typed) complain("nobody is called " + whom + ": not sent: " + escaped(line));
    if (first_time && !typed) complain("waiting for a client called " + whom);
    return typed;
}

void Operator::wait() {
    Outbox& outbox = hub_.operator_outbox();
    // While the screen takes nothing, the outbox is full of news: it is looked at now and then.
    const bool stuck = !block_.empty();
    const bool sleep = stuck || outbox.begin_wait();
    auto [keyboard, job_control] = console_.watched();
    if (!console_.on_terminal() && !held_.empty()) keyboard.fd = -1;
    std::array<pollfd, 4> watched{{keyboard,
                                   job_control,
                                   {outbox.descriptor(), POLLIN, 0},
                                   {stuck ? screen() : -1, POLLOUT, 0}}};
    static_cast<void>(wait_for_events(watched, stuck   ? deadline_in(milliseconds(kBackOff))
                                               : sleep ? kNever
                                                       : TimePoint{}));
    outbox.end_wait(watched[2].revents != 0);
}

}  // namespace netlab::problem6
