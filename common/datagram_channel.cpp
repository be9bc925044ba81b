// SPDX-License-Identifier: MIT
#include "common/datagram_channel.hpp"

#include <algorithm>
#include <cerrno>

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
    flush();
}

TimePoint DatagramChannel::next_deadline() const {
    TimePoint next = kNever;
    for (const auto& [peer, impairment] : peers_) next = std::min(next, impairment.next_deadline());
    return next;
}

void DatagramChannel::put(const Address& peer, Bytes datagram) {
    if (gathering_) {
        if (gathered_count_ == kMaxGathered) flush();
        auto& [to, content] = gathered_[gathered_count_++];
        to = peer;
        content.assign(datagram.begin(), datagram.end());  // in memory of an earlier one
        return;
    }
    try {
        socket_.send_to(datagram, peer);
    } catch (const SystemError& error) {
        on_failure_(error);
    }
}

void DatagramChannel::flush() {
    for (std::size_t next = 0; next < gathered_count_;) {
        try {
            next += send_some(next);
        } catch (const SystemError& error) {
            on_failure_(error);
            ++next;
        }
    }
    gathered_count_ = 0;
}

#ifdef NETLAB_POSIX_ONLY

std::size_t DatagramChannel::send_some(std::size_t first) {
    socket_.send_to(gathered_[first].second, gathered_[first].first);
    return 1;
}

#else

std::size_t DatagramChannel::send_some(std::size_t first) {
    std::array<mmsghdr, kMaxGathered> messages{};
    std::array<iovec, kMaxGathered> contents;
    const std::size_t count = gathered_count_ - first;
    for (std::size_t i = 0; i < count; ++i) {
        auto& [peer, datagram] = gathered_[first + i];
        contents[i] = {datagram.data(), datagram.size()};
        messages[i].msg_hdr.msg_name = const_cast<sockaddr*>(peer.get());
        messages[i].msg_hdr.msg_namelen = peer.size();
        messages[i].msg_hdr.msg_iov = &contents[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = -1;
    while (sent < 0) {
        sent = ::sendmmsg(socket_.descriptor().get(), messages.data(), static_cast<unsigned>(count),
                          MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            throw SystemError("sendmmsg", gathered_[first].first.to_string());
        }
    }
    const auto end = first + static_cast<std::size_t>(sent);
    for (std::size_t i = first; i < end; ++i) {
        socket_.capture_sent(gathered_[i].second, gathered_[i].first);
    }
    return static_cast<std::size_t>(sent);
}

#endif

}  // namespace netlab
