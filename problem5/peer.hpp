// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace netlab::problem5 {

struct PeerEvent {
    enum class Kind {
        message,
        name,     // the peer's, from now on
        left,     // it has said goodbye
        lost,     // it is gone without a goodbye: the text tells why
        busy,     // it talks to somebody else
        strange,  // it has sent what nobody understands
    };
    Kind kind;
    std::string text{};
    friend bool operator==(const PeerEvent&, const PeerEvent&) = default;
};

// The other end of a dialogue, over whatever transport. Each implementation is a state machine
// without socket and clock: LinePeer (TCP) and DatagramPeer (UDP).
class Peer {
  public:
    Peer() = default;
    virtual ~Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    // Sends a message. Only while ready(): one that does not take what was sent before must not
    // fill our memory.
    virtual void say(std::string_view text, TimePoint now) = 0;
    [[nodiscard]] virtual bool ready() const = 0;

    // Takes leave; nothing more is said after it.
    virtual void goodbye(TimePoint now) = 0;

    // What the peer has done, in order. `left`, `lost` and `busy` come last, and once.
    [[nodiscard]] virtual std::optional<PeerEvent> take_event() = 0;

    // False once the peer cannot tell a name any more that counts from its first message on.
    [[nodiscard]] virtual bool name_may_come() const = 0;
};

}  // namespace netlab::problem5
