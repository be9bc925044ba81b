// SPDX-License-Identifier: MIT
#include "common/datagram_post.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace netlab {

namespace {

constexpr std::size_t kMostLetters = 64;
constexpr std::size_t kMostContent = 256 * 1024;

}  // namespace

DatagramPost::DatagramPost(UdpSocket& socket, Failed failed)
    : socket_(socket), failed_(std::move(failed)) {
    letters_.reserve(kMostLetters);
}

void DatagramPost::add(const Address& peer, Bytes datagram) {
    if (letters_.size() == kMostLetters || content_.size() + datagram.size() > kMostContent) {
        flush();
    }
    content_.insert(content_.end(), datagram.begin(), datagram.end());
    letters_.push_back({peer, content_.size()});
}

void DatagramPost::flush() {
    for (std::size_t next = 0; next < letters_.size();) {
        try {
            next += send_some(next);
        } catch (const SystemError& error) {
            failed_(error);
            ++next;
        }
    }
    letters_.clear();
    content_.clear();
}

Bytes DatagramPost::content_of(std::size_t letter) const {
    const std::size_t begin = letter == 0 ? 0 : letters_[letter - 1].end;
    return Bytes(content_).subspan(begin, letters_[letter].end - begin);
}

#ifdef NETLAB_POSIX_ONLY

std::size_t DatagramPost::send_some(std::size_t first) {
    socket_.send_to(content_of(first), letters_[first].peer);
    return 1;
}

#else

std::size_t DatagramPost::send_some(std::size_t first) {
    std::array<mmsghdr, kMostLetters> messages{};
    std::array<iovec, kMostLetters> contents;
    const std::size_t count = letters_.size() - first;
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes content = content_of(first + i);
        const Address& peer = letters_[first + i].peer;
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
                socket_.capture_sent(content_of(i), letters_[i].peer);
            }
            return static_cast<std::size_t>(sent);
        }
        if (errno != EINTR) throw SystemError("sendmmsg", letters_[first].peer.to_string());
    }
}

#endif

}  // namespace netlab
