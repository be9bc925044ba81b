// SPDX-License-Identifier: MIT
#include "problem6/operator.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "common/thread.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kMaxAtOnce = 64 * 1024;
constexpr Duration kTimeForRest = milliseconds(500);
constexpr int kBackOff = 50;  // ms

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
    const Outbox& outbox = hub_.operator_outbox();
    bool told = false;
    while (true) {
        const bool last = outbox.closed();
        try {
            last ? show_waiting() : turn();
            told = false;
        } catch (const std::bad_alloc& error) {
            // Clients have gone, or will go, and their memory is free again.
            if (!std::exchange(told, true)) print_error({"server: ", error.what(), "\n"});
            ::poll(nullptr, 0, kBackOff);
        } catch (const TimeoutError& error) {
            // Nobody reads what is said: no failure of a server that was told to stop.
            print_error({"server: ", error.what(), "\n"});
            if (!signal_received()) failed_ = true;
            return;
        } catch (const std::exception& error) {
            print_error({"server: ", error.what(), "\n"});
            failed_ = true;
            return request_stop();
        }
        if (last) return;
    }
}

void Operator::turn() {
    show_waiting();
    take_lines();
    try_held();
    console_.set_prompt(hub_.prompt());
    wait();
}

void Operator::show_waiting() {
    Outbox& outbox = hub_.operator_outbox();
    while (true) {
        std::string_view lines = as_text(outbox.next());
        if (lines.empty()) break;
        // Neighbours of one kind are printed together: a write each would be slow. Not too many,
        // since speakers wait for a screen that they see move.
        const char kind = lines.front();
        std::string block;
        std::size_t size = 0;
        while (!lines.empty() && lines.front() == kind && size < kMaxAtOnce) {
            const std::size_t end = lines.find('\n') + 1;
            block += lines.substr(1, end - 1);
            lines.remove_prefix(end);
            size += end;
        }
        show_block(kind, block);
        outbox.sent(size, Clock::now());
    }
    if (outbox.overflowed()) {
        Console::notice("server: lines came faster than they could be shown: left out: " +
                        std::to_string(outbox.reopen()));
    }
}

void Operator::show_block(char kind, const std::string& lines) {
    if (kind == Hub::kNotice) return print_error(lines);
    if (::isatty(STDOUT_FILENO) != 0) return results_.print(lines);
    print_in_time(lines);
}

// Into a pipe that nobody reads, write(2) would wait for ever, and the server could not stop. A
// pipe that poll(2) calls writable takes PIPE_BUF bytes without blocking (pipe(7)).
void Operator::print_in_time(std::string_view text) {
    Outbox& outbox = hub_.operator_outbox();
    while (!text.empty()) {
        const bool closed = outbox.closed();
        if (closed && give_up_ == kNever) give_up_ = deadline_in(kTimeForRest);
        std::array<pollfd, 2> watched{
            {{STDOUT_FILENO, POLLOUT, 0}, {closed ? -1 : outbox.descriptor(), POLLIN, 0}}};
        if (!wait_for_events(watched, give_up_)) {
            throw TimeoutError("write stdout: nobody reads it");
        }
        if (watched[1].revents != 0) outbox.end_wait(true);
        if (watched[0].revents == 0) continue;
        const std::string_view piece = text.substr(0, PIPE_BUF);
        results_.print(piece);
        text.remove_prefix(piece.size());
    }
}

void Operator::take_lines() {
    try {
        console_.read();
    } catch (const SystemError& error) {
        if (!failed_.exchange(true)) print_error({"server: ", error.what(), "\n"});
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
        held_.erase(std::remove_if(held_.begin(), held_.end(), done), held_.end());
        return;
    }
    while (!held_.empty() && done(held_.front())) {
        held_.pop_front();
        take_lines();
    }
}

// True if the line is dealt with, false if it has to be tried again.
bool Operator::attempt(const std::string& line, bool first_time) {
    switch (hub_.operator_line(line, Clock::now())) {
        case Chat::Outcome::done:
            return true;
        case Chat::Outcome::wait:
            if (first_time && console_.on_terminal()) {
                Console::notice("server: not yet: the line waits for the client's message");
            }
            return false;
        case Chat::Outcome::absent:
            break;
    }
    const std::string whom = escaped(split(line).first.substr(1));
    // A script may have been written before its clients came; a user has mistyped a name.
    if (first_time && !console_.on_terminal()) {
        Console::notice("server: waiting for a client called " + whom);
    } else if (console_.on_terminal()) {
        Console::notice("server: nobody is called " + whom + ": not sent: " + escaped(line));
    }
    return console_.on_terminal();
}

void Operator::wait() {
    Outbox& outbox = hub_.operator_outbox();
    const bool sleep = outbox.begin_wait();
    auto [keyboard, job_control] = console_.watched();
    if (!console_.on_terminal() && !held_.empty()) keyboard.fd = -1;
    std::array<pollfd, 3> watched{{keyboard, job_control, {outbox.descriptor(), POLLIN, 0}}};
    static_cast<void>(wait_for_events(watched, sleep ? kNever : Clock::now()));
    outbox.end_wait(watched[2].revents != 0);
}

}  // namespace netlab::problem6
