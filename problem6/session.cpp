// SPDX-License-Identifier: MIT
#include "problem6/session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "common/error.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kPiece = 32 * 1024;
// Bytes that come before their turn; more waits in the socket, and in the client.
constexpr std::size_t kMaxWaiting = kMaxLine + kPiece;

constexpr Duration kTimeForName = milliseconds(200);
constexpr Duration kTimeForOneLine = seconds(30);
constexpr Duration kTimeForRest = seconds(1);
constexpr Duration kTimeForClose = milliseconds(300);
constexpr std::size_t kMaxDrained = 16 * 1024 * 1024;

}  // namespace

Session::Session(TcpStream& stream, Hub& hub, TimePoint now)
    : stream_(stream),
      hub_(hub),
      pace_(now),
      id_(hub.join(outbox_, stream.peer_name(), now)),
      announce_at_(now + kTimeForName) {
    stream_.keep_alive();
}

bool Session::run() {
    bool good = false;
    try {
        converse();
        good = problem_.empty();
        hub_.leave(id_, problem_, Clock::now());
    } catch (const std::exception& error) {
        hub_.leave(id_, error.what(), Clock::now());
        send_error(error.what());
    }
    stream_.close_gracefully(kMaxDrained, deadline_in(kTimeForClose));
    return good;
}

// The client may still hear why it is dropped.
void Session::send_error(const char* problem) noexcept {
    try {
        outbox_.push("ERROR " + std::string(problem), Clock::now());
        send_waiting(Clock::now());
    } catch (const std::exception&) {
        return;  // it is gone
    }
}

void Session::converse() {
    while (true) {
        const TimePoint now = Clock::now();
        check_timers(now);
        // In this order: a reply that comes in between is in the outbox, and so keeps wait() from
        // sleeping while the line that had to wait for it is still here.
        send_waiting(now);
        take_lines(now);
        if (outbox_.overflowed()) {
            throw TimeoutError("does not read: " + std::to_string(Outbox::kLimit) +
                               " bytes wait for it");
        }
        if (over(now)) return;
        wait(now);
    }
}

void Session::check_timers(TimePoint now) {
    if (now >= announce_at_) {
        announce_at_ = kNever;
        hub_.announce(id_, now);
    }
    if (now >= line_deadline_) throw TimeoutError("a line was begun and not ended");
}

void Session::take_lines(TimePoint now) {
    if (!pace_.may_go_on(now)) return;
    if (!input_.held && input_.lines.empty()) return pace_.on_said(0, false, false, now);
    try {
        const auto taken = hub_.take_lines(id_, input_, now);
        pace_.on_said(taken.bytes, taken.more, taken.congested, now);

        const bool begun = !taken.more && !input_.held && !input_.lines.empty();
        if (!begun) line_deadline_ = kNever;
        if (begun && line_deadline_ == kNever) line_deadline_ = now + kTimeForOneLine;
    } catch (const ProtocolError& error) {
        problem_ = error.what();
        outbox_.push("ERROR " + problem_, now);
        outbox_.close();
        pace_.stop();
    }
}

void Session::send_waiting(TimePoint now) {
    while (true) {
        const Bytes bytes = outbox_.next();
        if (bytes.empty()) return;
        const std::size_t count = stream_.write_some(bytes);
        outbox_.sent(count, now);
        if (count < bytes.size()) return;
    }
}

// True when there is nothing more to send: it was disconnected, or has said all and heard all.
bool Session::over(TimePoint now) {
    if (outbox_.closed()) {
        if (end_deadline_ == kNever) end_deadline_ = now + kTimeForRest;
        return outbox_.next().empty() || now >= end_deadline_;
    }
    if (!input_.ended || input_.held || !input_.lines.empty()) return false;
    // In this order: a reply is in the outbox before it is not owed any more.
    return !hub_.owes_reply(id_) && outbox_.next().empty();
}

bool Session::may_read(TimePoint now) const {
    return !input_.ended && pace_.may_go_on(now) && input_.lines.size() < kMaxWaiting;
}

TimePoint Session::next_deadline(TimePoint now) const {
    return std::min({announce_at_, line_deadline_, end_deadline_, pace_.next_deadline(now)});
}

void Session::wait(TimePoint now) {
    const bool closed = outbox_.closed();
    const bool sleep = closed || outbox_.begin_wait();
    const auto events = static_cast<short>((may_read(now) && !closed ? POLLIN : 0) |
                                           (outbox_.next().empty() ? 0 : POLLOUT));
    std::array<pollfd, 2> watched{
        {{stream_.descriptor().get(), events, 0}, {closed ? -1 : outbox_.descriptor(), POLLIN, 0}}};
    static_cast<void>(wait_for_events(watched, sleep ? next_deadline(now) : now));
    if (!closed) outbox_.end_wait(watched[1].revents != 0);
    if ((watched[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) receive();
}

void Session::receive() {
    const auto got = stream_.try_read(input_.lines.prepare(kPiece));
    if (!got) return;
    input_.lines.commit(*got);
    if (*got > 0) return;
    if (input_.ended) throw ProtocolError("closed the connection");
    input_.ended = true;
    // Does it still wait for replies, or is it gone?
    if (input_.held || hub_.owes_reply(id_)) stream_.probe();
}

}  // namespace netlab::problem6
