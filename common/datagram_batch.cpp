// SPDX-License-Identifier: MIT
#include "common/datagram_batch.hpp"

#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/error.hpp"

namespace netlab {

namespace {

constexpr std::size_t kMaxDatagram = 65535;
constexpr std::size_t kBatchBytes = 256 * 1024;
constexpr std::size_t kLikelyDatagram = 64;  // bytes; smaller ones only cost a reallocation
constexpr std::size_t kMaxCalls = 256;

}  // namespace

void DatagramSender::send(Bytes bytes, std::size_t size) {
    bytes = send_segmented(bytes, size);
    while (!bytes.empty()) {
        const Bytes datagram = bytes.first(std::min(size, bytes.size()));
        socket_.send(datagram);
        bytes = bytes.subspan(datagram.size());
    }
}

#ifdef NETLAB_POSIX_ONLY

Bytes DatagramSender::send_segmented(Bytes bytes, std::size_t) {
    return bytes;
}

DatagramReceiver::DatagramReceiver(UdpSocket& socket) : socket_(socket) {}

std::optional<std::size_t> DatagramReceiver::receive_run(DatagramBatch& batch, MutableBytes room) {
    Address sender;
    const auto size = socket_.try_receive(room, &sender);
    if (size) batch.datagrams.push_back({Bytes(room).first(*size), sender});
    return size;
}

#else

namespace {

// UDP_MAX_SEGMENTS is 128 in recent kernels, and 64 in all that have it.
constexpr std::size_t kMinSegments = 64;
constexpr std::size_t kMaxBytesPerCall = 65507;

// sendmsg(2) with UDP_SEGMENT: the kernel cuts the bytes into datagrams of `size`.
bool send_one_call(const UdpSocket& socket, Bytes bytes, std::size_t size) {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = IPPROTO_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment_size = static_cast<std::uint16_t>(size);
    std::memcpy(CMSG_DATA(segment), &segment_size, sizeof segment_size);

    while (::sendmsg(socket.descriptor().get(), &message, MSG_NOSIGNAL) < 0) {
        if (errno == EINVAL || errno == EIO || errno == ENOPROTOOPT || errno == EMSGSIZE) {
            return false;  // this kernel or interface cannot segment
        }
        if (errno != EINTR) throw SystemError("sendmsg", socket.peer().to_string());
    }
    return true;
}

}  // namespace

Bytes DatagramSender::send_segmented(Bytes bytes, std::size_t size) {
    while (bytes.size() > size) {
        const std::size_t a_call = std::min(segments_, kMaxBytesPerCall / size) * size;
        if (a_call <= size) return bytes;
        const Bytes some = bytes.first(std::min(a_call, bytes.size()));
        if (send_one_call(socket_, some, size)) {
            for (std::size_t at = 0; at < some.size(); at += size) {
                socket_.capture_sent(some.subspan(at, std::min(size, some.size() - at)),
                                     socket_.peer());
            }
            bytes = bytes.subspan(some.size());
        } else {
            segments_ = segments_ > kMinSegments ? kMinSegments : 0;
        }
    }
    return bytes;
}

DatagramReceiver::DatagramReceiver(UdpSocket& socket) : socket_(socket) {
    // Both are extras: an old kernel without them still delivers every datagram.
    const int on = 1;
    const int fd = socket.descriptor().get();
    ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
}

// One recvmsg(2): a datagram, or with UDP_GRO a run of them. Returns its size; nullopt if there
// is none.
std::optional<std::size_t> DatagramReceiver::receive_run(DatagramBatch& batch, MutableBytes room) {
    iovec part{room.data(), room.size()};
    // Room for the two control messages that the kernel adds, each of 4 bytes.
    alignas(cmsghdr) std::array<char, 2 * CMSG_SPACE(sizeof(std::uint32_t))> control;
    sockaddr_storage sender{};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t got = -1;
    while (got < 0) {
        got = ::recvmsg(socket_.descriptor().get(), &header, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return std::nullopt;
        if (got < 0 && errno != EINTR) {
            throw SystemError("recvmsg", socket_.local_address().to_string());
        }
    }

    Bytes bytes = Bytes(room).first(static_cast<std::size_t>(got));
    std::size_t segment = bytes.size();
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        std::uint32_t value = 0;
        std::memcpy(&value, CMSG_DATA(c), sizeof value);
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) segment = value;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) kernel_drops_ = value;
    }
    const Address from(reinterpret_cast<const sockaddr*>(&sender), header.msg_namelen);
    do {  // an empty datagram is one, too
        const Bytes one = bytes.first(std::min(segment, bytes.size()));
        batch.datagrams.push_back({one, from});
        socket_.capture_received(one, from);
        bytes = bytes.subspan(one.size());
    } while (!bytes.empty());
    return static_cast<std::size_t>(got);
}

#endif

bool DatagramReceiver::try_receive(DatagramBatch& batch) {
    batch.storage.resize(kBatchBytes);
    batch.datagrams.clear();
    batch.datagrams.reserve(kBatchBytes / kLikelyDatagram);
    MutableBytes room = batch.storage;
    // Also bounded in calls: datagrams without content use up no room, however many come.
    for (std::size_t calls = 0; calls < kMaxCalls && room.size() >= kMaxDatagram; ++calls) {
        const auto size = receive_run(batch, room);
        if (!size) break;
        room = room.subspan(*size);
    }
    batch.kernel_drops = kernel_drops_;
    return !batch.datagrams.empty();
}

}  // namespace netlab
