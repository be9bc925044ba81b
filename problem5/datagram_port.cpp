// SPDX-License-Identifier: MIT
#include "problem5/datagram_port.hpp"

#include <utility>

#include "common/terminal.hpp"

namespace netlab::problem5 {

namespace {

constexpr std::size_t kLargestDatagram = 64 * 1024;
constexpr int kMostAtOnce = 16;  // then the keyboard gets its chance

}  // namespace

DatagramPort::DatagramPort(UdpSocket socket, const ImpairmentSpec& impairment, const Tracer& tracer,
                           ImpairedSender::Failed failed)
    : socket_(std::move(socket)),
      tracer_(tracer),
      sender_(socket_, impairment, tracer, std::move(failed)),
      buffer_(kLargestDatagram) {}

bool DatagramPort::receive_all(const Take& take) {
    Address sender;
    for (int count = 0; count < kMostAtOnce; ++count) {
        const auto size = socket_.receive_now(buffer_, &sender);
        if (!size) return count > 0;
        const std::string_view datagram = as_text(Bytes(buffer_).first(*size));
        if (tracer_.on()) tracer_.received(escaped(datagram));
        const auto packet = Packet::parse(datagram);
        if (packet && !take(*packet, sender)) return true;
    }
    return true;
}

void DatagramPort::send(const Address& to, std::string_view datagram, TimePoint now) {
    sender_.send(to, as_bytes(datagram), tracer_.on() ? escaped(datagram) : "", now);
}

void DatagramPort::send_outgoing(DatagramPeer& peer, const Address& to, TimePoint now) {
    for (const std::string& datagram : peer.take_outgoing()) send(to, datagram, now);
    release(now);
}

}  // namespace netlab::problem5
