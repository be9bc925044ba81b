// SPDX-License-Identifier: MIT
#include "problem6/session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string>

#include "common/error.hpp"
#include "problem6/outbox.hpp"
#include "problem6/pace.hpp"

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

class Session {
  public:
    // Joins the chat. Throws SystemError if there are no descriptors left.
    Session(TcpStream& stream, Hub& hub, TimePoint now)
        : stream_(stream),
          hub_(hub),
          pace_(now),
          id_(hub.join(outbox_, stream.peer_name(), now)),
          announce_at_(now + kTimeForName) {
        stream_.keep_alive();
    }

    // Until the client leaves or has to; false if something went wrong.
    [[nodiscard]] bool run() {
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

  private:
    // The client may still hear why it is dropped.
    void send_error(const char* problem) noexcept {
        try {
            outbox_.push("ERROR " + std::string(problem), Clock::now());
            send_waiting(Clock::now());
        } catch (const std::exception&) {
            return;  // it is gone
        }
    }

    void converse() {
        while (true) {
            const TimePoint now = Clock::now();
            check_timers(now);
            // In this order: a reply that comes in between is in the outbox, and so keeps wait()
            // from sleeping while the line that had to wait for it is still here.
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

    void check_timers(TimePoint now) {
        if (now >= announce_at_) {
            announce_at_ = kNever;
            hub_.announce(id_, now);
        }
        if (now >= line_deadline_) throw TimeoutError("a line was begun and not ended");
    }

    void take_lines(TimePoint now) {
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

    void send_waiting(TimePoint now) {
        while (true) {
            const Bytes bytes = outbox_.next();
            if (bytes.empty()) return;
            const std::size_t count = stream_.write_some(bytes);
            outbox_.sent(count, now);
            if (count < bytes.size()) return;
        }
    }

    // True when there is nothing more to send: it was disconnected, or has said all and heard all.
    [[nodiscard]] bool over(TimePoint now) {
        if (outbox_.closed()) {
            if (end_deadline_ == kNever) end_deadline_ = now + kTimeForRest;
            return outbox_.next().empty() || now >= end_deadline_;
        }
        if (!input_.ended || input_.held || !input_.lines.empty()) return false;
        // In this order: a reply is in the outbox before it is not owed any more.
        return !hub_.owes_reply(id_) && outbox_.next().empty();
    }

    void wait(TimePoint now) {
        const bool closed = outbox_.closed();
        const bool sleep = closed || outbox_.begin_wait();
        const bool may_read =
            !closed && !input_.ended && pace_.may_go_on(now) && input_.lines.size() < kMaxWaiting;
        const int events = (may_read ? POLLIN : 0) | (outbox_.next().empty() ? 0 : POLLOUT);
        std::array<pollfd, 2> watched{{{stream_.descriptor().get(), static_cast<short>(events), 0},
                                       {closed ? -1 : outbox_.descriptor(), POLLIN, 0}}};
        const TimePoint deadline =
            std::min({announce_at_, line_deadline_, end_deadline_, pace_.next_deadline(now)});
        static_cast<void>(wait_for_events(watched, sleep ? deadline : now));
        if (!closed) outbox_.end_wait(watched[1].revents != 0);
        if ((watched[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) receive();
    }

    void receive() {
        const auto got = stream_.try_read(input_.lines.prepare(kPiece));
        if (!got) return;
        input_.lines.commit(*got);
        if (*got > 0) return;
        if (input_.ended) throw ProtocolError("closed the connection");
        input_.ended = true;
        // Does it still wait for replies, or is it gone?
        if (input_.held || hub_.owes_reply(id_)) stream_.probe();
    }

    TcpStream& stream_;
    Hub& hub_;
    Outbox outbox_;
    Hub::Input input_;
    Pace pace_;
    const ClientId id_;
    TimePoint announce_at_;             // also if it says nothing
    TimePoint line_deadline_ = kNever;  // for a line that is begun
    TimePoint end_deadline_ = kNever;   // for sending what is left, once it is disconnected
    std::string problem_;
};

}  // namespace

bool serve(TcpStream& stream, Hub& hub) {
    try {
        return Session(stream, hub, Clock::now()).run();
    } catch (const SystemError&) {  // no descriptors for a session: run() throws none
        static_cast<void>(stream.write_some(as_bytes("ERROR server is out of descriptors\n")));
        stream.close_gracefully(1 << 20, deadline_in(milliseconds(500)));
        throw;
    }
}

}  // namespace netlab::problem6
