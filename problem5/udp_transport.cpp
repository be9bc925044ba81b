// SPDX-License-Identifier: MIT
#include "problem5/udp_transport.hpp"

#include <algorithm>
#include <utility>

#include "common/terminal.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::size_t kMaxDatagram = 64 * 1024;
constexpr int kMaxAtOnce = 16;  // then the keyboard gets its chance

}  // namespace

UdpTransport::UdpTransport(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                           DatagramChannel::OnFailure on_failure)
    : channel_(std::move(socket), impairment, tracer, on_failure),
      on_failure_(std::move(on_failure)),
      buffer_(kMaxDatagram) {}

TimePoint UdpTransport::next_deadline() const {
    return std::min(machine_deadline(), channel_.next_due());
}

bool UdpTransport::receive(TimePoint now) {
    Address sender;
    for (int count = 0; count < kMaxAtOnce; ++count) {
        try {
            const auto size = channel_.try_receive(buffer_, &sender);
            if (!size) return count > 0;
            const std::string_view datagram = as_text(Bytes(buffer_).first(*size));
            if (channel_.tracer().on()) channel_.tracer().received(escaped(datagram));
            const auto packet = Packet::parse(datagram);
            if (packet) on_packet(*packet, sender, now);
            // What comes behind a goodbye is for the next dialogue.
            if (peer() != nullptr && peer()->over()) return true;
        } catch (const SystemError& error) {
            on_failure_(error);  // "Connection refused": nobody is there (any more)
            return true;
        }
    }
    return true;
}

void UdpTransport::put(const Address& to, std::string_view datagram, TimePoint now) {
    channel_.send(
        to, as_bytes(datagram), [&] { return escaped(datagram); }, now);
}

UdpClient::UdpClient(UdpSocket socket, const std::string& own_name,
                     const ImpairmentSpec& impairment, const Tracer& tracer)
    : UdpTransport(std::move(socket), impairment, tracer,
                   [this](const SystemError& error) { peer_.fail(error.what()); }),
      server_(channel_.socket().peer()),
      peer_(own_name) {}

std::string UdpClient::greeting() const {
    return "talking to " + server_.to_string() + ": you speak first";
}

bool UdpClient::send(TimePoint now) {
    const bool was_over = peer_.over();
    for (const std::string& datagram : peer_.take_outgoing()) put(server_, datagram, now);
    channel_.release(now);
    return peer_.over() && !was_over;  // sending has failed
}

UdpServer::UdpServer(UdpSocket socket, const std::string& own_name,
                     const ImpairmentSpec& impairment, const Tracer& tracer, Tell notice,
                     const Tell& error)
    : UdpTransport(std::move(socket), impairment, tracer,
                   [error](const SystemError& problem) { error(problem.what()); }),
      busy_notice_(std::move(notice)),
      reception_(own_name) {}

std::string UdpServer::greeting() const {
    return reception_.address().to_string() + " has come, and speaks first";
}

bool UdpServer::send(TimePoint now) {
    for (const auto& [to, datagram] : reception_.take_outgoing()) put(to, datagram, now);
    channel_.release(now);
    if (const auto refused = reception_.take_refused()) {
        busy_notice_.tell(refused->to_string(), now);
    }
    return false;
}

}  // namespace netlab::problem5
