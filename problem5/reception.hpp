// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <string>

#include "common/address.hpp"
#include "common/time.hpp"
#include "problem5/packet.hpp"

namespace netlab::problem5 {

// What the UDP server does with a datagram that does not come from the peer it talks to. Pure.
class Reception {
  public:
    // How long a late copy of a dialogue's first message does not begin another one.
    static constexpr Duration kEchoes = seconds(10);
    static constexpr std::size_t kMostKept = 16;

    enum class Verdict {
        ignore,
        open,           // MSG 1 begins a dialogue: see name_of()
        answer_busy,    // ... while there is one
        answer_goodbye  // of a dialogue that is over: the peer did not hear ours
    };
    [[nodiscard]] Verdict judge(const Address& stranger, const Packet& packet, bool engaged,
                                TimePoint now);

    // The name that came ahead of the stranger's first message; empty where none did.
    [[nodiscard]] std::string take_name(const Address& stranger);

    // A dialogue that began with this message is over.
    void remember(const Address& peer, std::string first_message, TimePoint now);

  private:
    struct Name {
        Address stranger;
        std::string text;
    };
    struct Ended {
        Address peer;
        std::string first_message;
        TimePoint at;
    };

    std::deque<Name> names_;
    std::deque<Ended> ended_;
};

}  // namespace netlab::problem5
