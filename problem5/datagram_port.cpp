// SPDX-License-Identifier: MIT
#include "problem5/datagram_port.hpp"

#include <utility>

#include "common/terminal.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::size_t kLargestDatagram = 64 * 1024;

}  // namespace

DatagramPort::DatagramPort(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                           ImpairedSender::Failed failed)
    : socket_(std::move(socket)),
      tracer_(tracer),
      sender_(socket_, impairment, tracer, std::move(failed)),
      buffer_(kLargestDatagram) {}

std::optional<std::string_view> DatagramPort::receive(Address& sender) {
    const auto size = socket_.receive_now(buffer_, &sender);
    if (!size) return std::nullopt;
    const std::string_view datagram = as_text(Bytes(buffer_).first(*size));
    if (tracer_.on()) tracer_.received(escaped(datagram));
    return datagram;
}

void DatagramPort::send(const Address& to, std::string_view datagram, TimePoint now) {
    sender_.send(to, as_bytes(datagram), tracer_.on() ? escaped(datagram) : "", now);
}

void DatagramPort::send_outgoing(DatagramPeer& peer, const Address& to, TimePoint now) {
    for (const std::string& datagram : peer.take_outgoing()) send(to, datagram, now);
    release(now);
}

}  // namespace netlab::problem5
