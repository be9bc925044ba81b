// SPDX-License-Identifier: MIT
#include "problem5/udp_transport.hpp"

#include <algorithm>

#include "common/terminal.hpp"

namespace netlab::problem5 {

bool UdpTransport::receive(TimePoint now) {
    constexpr int kMaxAtOnce = 16;  // then the keyboard gets its chance
    Address sender;
    for (int count = 0; count < kMaxAtOnce; ++count) {
        try {
            const auto size = channel_.try_receive(buffer_, &sender);
            if (!size) return count > 0;
            const std::string_view datagram = as_text(Bytes(buffer_).first(*size));
            if (channel_.tracer().on()) channel_.tracer().received(escaped(datagram));
            const auto packet = Packet::parse(datagram);
            if (packet) on_packet(*packet, sender, now);
        } catch (const SystemError& error) {
            on_failure(error.what());
            return true;
        }
        // What comes behind a goodbye is for the next dialogue.
        if (peer() != nullptr && peer()->over()) return true;
    }
    return true;
}

void UdpTransport::put(const Address& to, std::string_view datagram, TimePoint now) {
    channel_.send(
        to, as_bytes(datagram), [&] { return escaped(datagram); }, now);
}

std::string UdpClient::greeting() {
    return "talking to " + channel_.socket().peer().to_string() + ": you speak first";
}

TimePoint UdpClient::next_deadline() const {
    return std::min(peer_.next_deadline(), channel_.next_due());
}

bool UdpClient::send(TimePoint now) {
    const bool was_over = peer_.over();
    for (const auto& datagram : peer_.take_outgoing()) {
        put(channel_.socket().peer(), datagram, now);
    }
    channel_.release(now);
    return peer_.over() && !was_over;  // sending has failed
}

std::string UdpServer::greeting() {
    return reception_.address().to_string() + " has come, and speaks first";
}

TimePoint UdpServer::next_deadline() const {
    return std::min(reception_.next_deadline(), channel_.next_due());
}

bool UdpServer::send(TimePoint now) {
    for (const auto& [to, datagram] : reception_.take_outgoing()) put(to, datagram, now);
    channel_.release(now);
    if (const auto refused = reception_.take_refused()) tell_busy(refused->to_string(), now);
    return false;
}

}  // namespace netlab::problem5
