// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/time.hpp"

namespace netlab::problem5 {

struct PeerEvent {
    enum class Kind {
        message,
        name,     // the peer's, from now on
        left,     // it has said goodbye
        lost,     // it is gone without a goodbye: the text tells why
        busy,     // it talks to another client
        unknown,  // it has sent what is no message, and no control line
    };
    Kind kind;
    std::string text{};
    friend bool operator==(const PeerEvent&, const PeerEvent&) = default;
};

// The other end of the dialogue, over whatever transport, as this end deals with it: takes what it
// is to hear, tells what it has done. Each implementation is a state machine without socket and
// clock: LinePeer (TCP) and DatagramPeer (UDP).
class Peer {
  public:
    Peer() = default;
    virtual ~Peer() = default;
    Peer(Peer&&) = delete;

    // Sends a message. Only while ready(): what the peer does not take must not fill our memory.
    virtual void say(std::string_view text, TimePoint now) = 0;
    [[nodiscard]] virtual bool ready() const = 0;

    // Starts to leave: what was said goes first; what the peer has already sent is heard until
    // over(). Nothing happens if either end has left before.
    virtual void goodbye(TimePoint now) = 0;

    // Nothing more will be sent or received.
    [[nodiscard]] virtual bool over() const = 0;
    // Once it is over: false if something that was said may not have arrived.
    [[nodiscard]] virtual bool all_arrived() const = 0;
    // True while the peer may still tell a name that holds from its first message on: until then a
    // transcript cannot be written.
    [[nodiscard]] virtual bool name_may_come() const = 0;

    // What the peer has done, in order.
    [[nodiscard]] std::optional<PeerEvent> take_event() {
        if (events_.empty()) return std::nullopt;
        PeerEvent event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

  protected:
    std::deque<PeerEvent> events_;
};

}  // namespace netlab::problem5
