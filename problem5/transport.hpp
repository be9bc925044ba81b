// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <array>
#include <functional>
#include <string>

#include "problem5/peer.hpp"

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
    [[nodiscard]] virtual std::string greeting() const = 0;

    // What to poll for: the data, and the door, at which others may come.
    struct Watched {
        pollfd data{-1, 0, 0};
        pollfd door{-1, 0, 0};
    };
    [[nodiscard]] virtual Watched watched() const = 0;
    // When on_timer() has something to do.
    [[nodiscard]] virtual TimePoint next_deadline() const = 0;

    virtual void on_timer(TimePoint now) = 0;
    // Takes in what has come: true if anything has.
    virtual bool receive(TimePoint now) = 0;
    // Sends what the peer is to hear. True if the dialogue may go on by that: the next message may
    // follow, or sending has failed.
    virtual bool send(TimePoint now) = 0;

    // A server's: lets in who is at the door; and the dialogue is over, the next one may come.
    virtual void admit(TimePoint) {}
    virtual void let_go(TimePoint) {}
    // True if the dialogue was none: another one takes its place.
    [[nodiscard]] virtual bool has_successor() const { return false; }

    // Before the end of the program: lets the peer read what was sent last.
    virtual void finish() {}
};

// Where a server's transport tells its user something.
using Tell = std::function<void(const std::string&)>;

// Tells who was refused: once a second at most, however many come.
class BusyNotice {
  public:
    explicit BusyNotice(Tell notice) : notice_(std::move(notice)) {}

    void tell(const std::string& who, TimePoint now) {
        if (now < next_) return;
        next_ = now + seconds(1);
        notice_(who + " is told that you are busy");
    }

  private:
    Tell notice_;
    TimePoint next_{};
};

}  // namespace netlab::problem5
