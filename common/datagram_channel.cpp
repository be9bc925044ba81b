// SPDX-License-Identifier: MIT
#include "common/datagram_channel.hpp"

#include <algorithm>
#include <optional>

namespace netlab {

DatagramChannel::DatagramChannel(UdpSocket socket, const ImpairmentSpec& impairment,
                                 const Tracer& tracer, OnFailure on_failure)
    : socket_(std::move(socket)),
      spec_(impairment),
      tracer_(tracer),
      on_failure_(std::move(on_failure)) {
    socket_.capture(tracer.pcap());
}

void DatagramChannel::submit(const Address& peer, Bytes datagram, const std::string& description,
                             TimePoint now) {
    if (!spec_.active()) {
        if (tracer_.on()) tracer_.sent(description, peer.to_string());
        return put(peer, datagram);
    }
    if (peers_.size() >= kMaxPeers && !peers_.contains(peer)) peers_.clear();
    Impairment& impairment = peers_.try_emplace(peer, spec_).first->second;
    const Impairment::Fate fate = impairment.submit(datagram, 0, now);
    if (tracer_.on()) tracer_.sent(description, peer.to_string(), fate);
    if (fate.dropped) socket_.capture_sent(datagram, peer, true);
    release(now);
}

std::optional<std::size_t> DatagramChannel::try_receive(MutableBytes buffer, Address* sender) {
    const auto size = socket_.try_receive(buffer, &last_sender_);
    if (size && sender != nullptr) *sender = last_sender_;
    return size;
}

void DatagramChannel::release(TimePoint now) {
    for (auto& [peer, impairment] : peers_) {
        for (const auto& datagram : impairment.take_due(now)) put(peer, datagram);
    }
}

TimePoint DatagramChannel::next_deadline() const {
    TimePoint next = kNever;
    for (const auto& [peer, impairment] : peers_) next = std::min(next, impairment.next_deadline());
    return next;
}

void DatagramChannel::put(const Address& peer, Bytes datagram) {
    try {
        // A connected socket takes no address with a datagram on every system (sendto(2), EISCONN).
        if (socket_.connected()) return socket_.send(datagram);
        socket_.send_to(datagram, peer);
    } catch (const SystemError& error) {
        on_failure_(error);
    }
}

}  // namespace netlab
