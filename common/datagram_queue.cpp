// SPDX-License-Identifier: MIT
#include "common/datagram_queue.hpp"

#include <array>
#include <cerrno>

namespace netlab {

namespace {

constexpr std::size_t kMaxDatagrams = 64;
constexpr std::size_t kMaxContent = 256 * 1024;

}  // namespace

DatagramQueue::DatagramQueue(UdpSocket& socket, OnFailure on_failure)
    : socket_(socket), on_failure_(std::move(on_failure)) {
    datagrams_.reserve(kMaxDatagrams);
}

void DatagramQueue::add(const Address& peer, Bytes datagram) {
    if (datagrams_.size() == kMaxDatagrams || content_.size() + datagram.size() > kMaxContent) {
        flush();
    }
    content_.insert(content_.end(), datagram.begin(), datagram.end());
    datagrams_.push_back({peer, content_.size()});
}

void DatagramQueue::flush() {
    for (std::size_t next = 0; next < datagrams_.size();) {
        try {
            next += send_some(next);
        } catch (const SystemError& error) {
            on_failure_(error);
            ++next;
        }
    }
    datagrams_.clear();
    content_.clear();
}

Bytes DatagramQueue::content_of(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : datagrams_[index - 1].end;
    return Bytes(content_).subspan(begin, datagrams_[index].end - begin);
}

#ifdef NETLAB_POSIX_ONLY

std::size_t DatagramQueue::send_some(std::size_t first) {
    socket_.send_to(content_of(first), datagrams_[first].peer);
    return 1;
}

#else

std::size_t DatagramQueue::send_some(std::size_t first) {
    std::array<mmsghdr, kMaxDatagrams> messages{};
    std::array<iovec, kMaxDatagrams> contents;
    const std::size_t count = datagrams_.size() - first;
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes content = content_of(first + i);
        const Address& peer = datagrams_[first + i].peer;
        contents[i] = {const_cast<std::byte*>(content.data()), content.size()};
        messages[i].msg_hdr.msg_name = const_cast<sockaddr*>(peer.get());
        messages[i].msg_hdr.msg_namelen = peer.size();
        messages[i].msg_hdr.msg_iov = &contents[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (true) {
        const int sent = ::sendmmsg(socket_.descriptor().get(), messages.data(),
                                    static_cast<unsigned>(count), MSG_NOSIGNAL);
        if (sent > 0) {
            const std::size_t end = first + static_cast<std::size_t>(sent);
            for (std::size_t i = first; i < end; ++i) {
                socket_.capture_sent(content_of(i), datagrams_[i].peer);
            }
            return static_cast<std::size_t>(sent);
        }
        if (errno != EINTR) throw SystemError("sendmmsg", datagrams_[first].peer.to_string());
    }
}

#endif

}  // namespace netlab
