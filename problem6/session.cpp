// SPDX-License-Identifier: MIT
#include "problem6/session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "common/error.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kPiece = 32 * 1024;
// Of what comes before its turn; more waits in the socket, and in the client.
constexpr std::size_t kMostWaiting = kMaxLine + kPiece;

// What a member may say: more would fill the others' outboxes faster than they can read.
constexpr double kRate = 8 * 1024 * 1024;
constexpr double kBurst = 1024 * 1024;

constexpr Duration kTimeForName = milliseconds(200);
constexpr Duration kTimeForOneLine = seconds(30);
constexpr Duration kCongestionPause = milliseconds(1);
constexpr Duration kTimeForRest = seconds(1);
constexpr Duration kTimeForClose = milliseconds(300);
constexpr std::size_t kMostDrained = 16 * 1024 * 1024;

}  // namespace

Session::Session(TcpStream& stream, Hub& hub)
    : stream_(stream),
      hub_(hub),
      allowance_(kRate, kBurst, Clock::now()),
      id_(hub.join(outbox_, stream.peer_name())),
      announce_at_(deadline_in(kTimeForName)) {
    stream_.keep_alive();
}

bool Session::run() {
    try {
        converse();
    } catch (const std::exception& error) {
        problem_ = error.what();
    }
    hub_.leave(id_, problem_);
    stream_.close_gracefully(kMostDrained, deadline_in(kTimeForClose));
    return problem_.empty();
}

void Session::converse() {
    while (true) {
        take_lines();
        send_waiting();
        if (outbox_.overflowed()) {
            throw TimeoutError("does not read: " + std::to_string(Outbox::kLimit) +
                               " bytes wait for it");
        }
        if (over()) return;
        wait();
    }
}

void Session::take_lines() {
    const TimePoint now = Clock::now();
    if (now < lines_again_) return;
    more_ = false;
    if (!input_.held && input_.lines.empty()) return;
    try {
        const auto taken = hub_.take_lines(id_, input_);
        allowance_.take(static_cast<double>(taken.bytes), now);
        lines_again_ = allowance_.ready_at(1, now);
        more_ = taken.more;
        if (taken.congested) lines_again_ = std::max(lines_again_, now + kCongestionPause);

        const bool begun = !taken.more && !input_.held && !input_.lines.empty();
        if (!begun) line_deadline_ = kNever;
        if (begun && line_deadline_ == kNever) line_deadline_ = now + kTimeForOneLine;
    } catch (const ProtocolError& error) {
        problem_ = error.what();
        outbox_.push("ERROR " + problem_, now);
        outbox_.close();
        lines_again_ = kNever;
    }
}

void Session::send_waiting() {
    while (true) {
        const Bytes bytes = outbox_.next();
        if (bytes.empty()) return;
        const std::size_t count = stream_.write_some(bytes);
        outbox_.sent(count, Clock::now());
        if (count < bytes.size()) return;
    }
}

// True when there is nothing more to say: it was hung up on, or it has said all and knows it all.
bool Session::over() {
    if (outbox_.closed()) {
        if (end_deadline_ == kNever) end_deadline_ = deadline_in(kTimeForRest);
        return outbox_.next().empty() || Clock::now() >= end_deadline_;
    }
    if (!input_.ended || input_.held || !input_.lines.empty()) return false;
    // In this order: a reply is in the outbox before it is not owed any more.
    return !hub_.owes_reply(id_) && outbox_.next().empty();
}

bool Session::may_read() const {
    return !input_.ended && Clock::now() >= lines_again_ && input_.lines.size() < kMostWaiting;
}

TimePoint Session::wake_at() const {
    const TimePoint wake = std::min({announce_at_, line_deadline_, end_deadline_});
    // Lines that wait for their turn are taken when something is sent to the client, not before.
    return more_ || lines_again_ > Clock::now() ? std::min(wake, lines_again_) : wake;
}

void Session::wait() {
    const bool closed = outbox_.closed();
    const bool sleep = closed || outbox_.begin_wait();
    const auto events = static_cast<short>((may_read() && !closed ? POLLIN : 0) |
                                           (outbox_.next().empty() ? 0 : POLLOUT));
    std::array<pollfd, 2> watched{
        {{stream_.descriptor().get(), events, 0}, {outbox_.descriptor(), POLLIN, 0}}};
    static_cast<void>(wait_for_events(watched, sleep ? wake_at() : Clock::now()));
    if (!closed) outbox_.end_wait(watched[1].revents != 0);

    const TimePoint now = Clock::now();
    if (now >= announce_at_) {
        announce_at_ = kNever;
        hub_.announce(id_);
    }
    if (now >= line_deadline_) throw TimeoutError("a line was begun and not ended");
    if ((watched[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) receive();
}

void Session::receive() {
    const auto got = stream_.read_some(input_.lines.prepare(kPiece), Clock::now());
    if (!got) return;
    input_.lines.commit(*got);
    if (*got > 0) return;
    if (input_.ended) throw ProtocolError("closed the connection");
    input_.ended = true;
    // Does it still wait for replies, or is it gone?
    if (input_.held || hub_.owes_reply(id_)) stream_.probe();
}

}  // namespace netlab::problem6
