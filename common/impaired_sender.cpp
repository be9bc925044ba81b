// SPDX-License-Identifier: MIT
#include "common/impaired_sender.hpp"

#include <algorithm>

namespace netlab {

void ImpairedSender::send(const Address& peer, Bytes datagram, const std::string& description,
                          TimePoint now) {
    if (!spec_.active()) {
        if (tracer_.on()) tracer_.sent(description);
        return put(peer, datagram);
    }
    if (peers_.size() >= kMostPeers) peers_.clear();
    Impairment& impairment = peers_.try_emplace(peer, spec_).first->second;
    const Impairment::Fate fate = impairment.submit(datagram, 0, now);
    if (tracer_.on()) tracer_.sent(description + std::string(describe(fate)));
    release(now);
}

void ImpairedSender::release(TimePoint now) {
    for (auto& [peer, impairment] : peers_) {
        for (const auto& datagram : impairment.take_due(now)) put(peer, datagram);
    }
}

TimePoint ImpairedSender::next_due() const {
    TimePoint next = kNever;
    for (const auto& [peer, impairment] : peers_) next = std::min(next, impairment.next_due());
    return next;
}

void ImpairedSender::put(const Address& peer, Bytes datagram) {
    try {
        // A connected socket takes no address with a datagram on every system (sendto(2), EISCONN).
        if (socket_.connected()) return socket_.send(datagram);
        socket_.send_to(datagram, peer);
    } catch (const SystemError& error) {
        failed_(error);
    }
}

}  // namespace netlab
