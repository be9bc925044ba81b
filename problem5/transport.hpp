// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <string>
#include <vector>

#include "problem5/conversation.hpp"

namespace netlab::problem5 {

// The network's side of a chat program: sockets, and the machine of the peer behind them. TCP or
// UDP, a client or a server; chat_loop.cpp drives each in the same way. Nothing blocks but
// finish().
class Transport {
  public:
    Transport() = default;
    virtual ~Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // Whom the dialogue is with: nullptr while a server waits for somebody.
    [[nodiscard]] virtual Peer* peer() = 0;
    // What the user is told when there is one.
    [[nodiscard]] virtual std::string greeting() = 0;

    // What to poll for: the data, and the door, at which others may come.
    struct Watched {
        pollfd data{-1, 0, 0};
        pollfd door{-1, 0, 0};
    };
    [[nodiscard]] virtual Watched watched() const = 0;

    virtual void on_timer(TimePoint now) = 0;  // at next_deadline(), or later
    [[nodiscard]] virtual TimePoint next_deadline() const = 0;
    // Takes in what has come: true if anything has.
    virtual bool receive(TimePoint now) = 0;
    // Sends what the peer is to hear. True if the dialogue may go on by that: the next message may
    // follow, or sending has failed.
    virtual bool send(TimePoint now) = 0;

    // A server's: lets in who is at the door; and the dialogue is over, the next one may come.
    virtual void admit(TimePoint) {}
    virtual void let_go(TimePoint) {}
    // True if the dialogue was none: somebody else takes its place.
    [[nodiscard]] virtual bool has_successor() const { return false; }
    // Before the end of the program: lets the peer read what was sent last.
    virtual void finish() {}

    // What the user should know beside the dialogue.
    [[nodiscard]] std::vector<Line> take_news() { return std::exchange(news_, {}); }

  protected:
    void tell_error(const std::string& text) { news_.push_back({Line::Kind::error, text}); }
    // Once a second at most, however many come.
    void tell_busy(const std::string& who, TimePoint now) {
        if (now < next_busy_) return;
        next_busy_ = now + seconds(1);
        news_.push_back({Line::Kind::notice, who + " is told that you are busy"});
    }

  private:
    std::vector<Line> news_;
    TimePoint next_busy_{};
};

}  // namespace netlab::problem5
