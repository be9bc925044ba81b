// SPDX-License-Identifier: MIT
#include "problem6/session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string>

#include "common/error.hpp"
#include "common/token_bucket.hpp"
#include "problem6/outbox.hpp"

namespace netlab::problem6 {

namespace {

constexpr std::size_t kPiece = 32 * 1024;
// Bytes that come before their turn; more waits in the socket, and in the client.
constexpr std::size_t kMaxWaiting = kMaxLine + kPiece;

// What a member may say, in bytes (a second, and at once): more would fill the others' outboxes
// faster than they can read.
constexpr double kRate = 8 * 1024 * 1024;
constexpr double kBurst = 1024 * 1024;
constexpr Duration kCongestionPause = milliseconds(1);

constexpr Duration kTimeForName = milliseconds(200);
constexpr Duration kTimeForOneLine = seconds(30);
constexpr Duration kTimeForRest = seconds(1);
constexpr Duration kTimeForClose = milliseconds(300);

class Session {
  public:
    // Joins the chat. Throws SystemError if there are no descriptors left.
    Session(TcpStream& stream, Chat& chat, TimePoint now)
        : stream_(stream),
          chat_(chat),
          allowance_(kRate, kBurst, now),
          id_(chat.join(outbox_, stream.peer_name(), now)),
          announce_at_(now + kTimeForName) {
        stream_.keep_alive();
    }

    // Until the client leaves or has to; false if something went wrong.
    [[nodiscard]] bool run() {
        bool good = false;
        try {
            converse();
            send_rest();
            good = true;
            chat_.leave(id_, "", Clock::now());
        } catch (const std::exception& error) {
            chat_.leave(id_, error.what(), Clock::now());
            send_error(error.what());
        }
        stream_.close_gracefully(deadline_in(kTimeForClose));
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
            if (now >= line_deadline_) throw TimeoutError("a line was begun and not ended");
            if (now >= announce_at_) {
                announce_at_ = kNever;
                chat_.announce(id_, now);
            }
            // In this order: a reply that comes in between is in the outbox, and so keeps wait()
            // from sleeping while the line that had to wait for it is still here.
            send_waiting(now);
            take_lines(now);
            if (outbox_.take_lost() > 0) {
                throw TimeoutError("does not read: " + std::to_string(Outbox::kLimit) +
                                   " bytes wait for it");
            }
            if (over()) return;
            wait(now);
        }
    }

    // When it may say more. It is asked with one `now` a turn, and so never leaves the session
    // asleep with nothing to wake it.
    [[nodiscard]] TimePoint may_speak_at(TimePoint now) {
        return std::max(allowance_.ready_at(1, now), paused_until_);
    }

    void take_lines(TimePoint now) {
        if (may_speak_at(now) > now) return;
        more_ = false;
        if (!input_.held && input_.lines.empty()) return;
        const auto taken = chat_.take_lines(id_, input_, now);
        allowance_.take(static_cast<double>(taken.bytes), now);
        if (taken.congested) paused_until_ = now + kCongestionPause;
        more_ = taken.more;

        const bool begun = !more_ && !input_.held && !input_.lines.empty();
        if (!begun) line_deadline_ = kNever;
        if (begun && line_deadline_ == kNever) line_deadline_ = now + kTimeForOneLine;
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

    // What was said to it before it was disconnected.
    void send_rest() {
        const TimePoint deadline = deadline_in(kTimeForRest);
        for (Bytes rest = outbox_.next(); !rest.empty(); rest = outbox_.next()) {
            stream_.write_all(rest, deadline);
            outbox_.sent(rest.size(), Clock::now());
        }
    }

    // True when it was disconnected, or has said all and heard all.
    [[nodiscard]] bool over() {
        if (outbox_.closed()) return true;
        if (!input_.ended || input_.held || !input_.lines.empty()) return false;
        // In this order: a reply is in the outbox before it is not owed any more.
        return !chat_.owes_reply(id_) && outbox_.next().empty();
    }

    void wait(TimePoint now) {
        const bool sleep = outbox_.begin_wait();
        const TimePoint speak_at = may_speak_at(now);
        // Lines that wait for their turn are taken when something is sent to the client.
        const bool speaks_then = more_ || speak_at > now;
        const bool may_read = !input_.ended && speak_at <= now && input_.lines.size() < kMaxWaiting;
        const int events = (may_read ? POLLIN : 0) | (outbox_.next().empty() ? 0 : POLLOUT);
        std::array<pollfd, 2> watched{{{stream_.descriptor().get(), static_cast<short>(events), 0},
                                       {outbox_.descriptor(), POLLIN, 0}}};
        const TimePoint deadline =
            std::min({announce_at_, line_deadline_, speaks_then ? speak_at : kNever});
        static_cast<void>(wait_for_events(watched, sleep ? deadline : now));
        outbox_.end_wait(watched[1].revents != 0);
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
        if (input_.held || chat_.owes_reply(id_)) stream_.probe();
    }

    TcpStream& stream_;
    Chat& chat_;
    Outbox outbox_;
    Chat::Input input_;
    TokenBucket allowance_;
    TimePoint paused_until_{};  // since others do not keep up
    bool more_ = false;         // there may be lines that it could say at once
    const ClientId id_;
    TimePoint announce_at_;             // also if it says nothing
    TimePoint line_deadline_ = kNever;  // for a line that is begun
};

}  // namespace

bool serve(TcpStream& stream, Chat& chat) {
    try {
        return Session(stream, chat, Clock::now()).run();
    } catch (const SystemError&) {  // no descriptors for a session: run() throws none
        static_cast<void>(stream.write_some(as_bytes("ERROR server is out of descriptors\n")));
        stream.close_gracefully(deadline_in(milliseconds(500)));
        throw;
    }
}

}  // namespace netlab::problem6
