// SPDX-License-Identifier: MIT
#include "common/address.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "common/error.hpp"

namespace netlab {

Address::Address() {
    storage_.sin6_family = AF_INET;
}

Address::Address(const sockaddr* address, socklen_t length) {
    if (length > sizeof storage_) throw std::invalid_argument("socket address too long");
    // Equal addresses have equal bytes: without IPv4's padding and IPv6's flow label.
    constexpr socklen_t kIpv4 = offsetof(sockaddr_in, sin_addr) + sizeof(in_addr);
    const bool ipv6 = address->sa_family == AF_INET6;
    std::memcpy(&storage_, address, ipv6 ? length : std::min(length, kIpv4));
    if (ipv6) storage_.sin6_flowinfo = 0;
}

std::vector<Address> Address::resolve(const std::string& host, std::uint16_t port, int socktype) {
    std::string name = host;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
        name = name.substr(1, name.size() - 2);
    }
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = socktype;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error == EAI_SYSTEM) throw SystemError("resolve", host);
    if (error != 0) {
        throw std::runtime_error("resolve " + host + ": " + ::gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);

    std::vector<Address> all;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
        if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
        all.emplace_back(one->ai_addr, one->ai_addrlen);
    }
    if (all.empty()) throw std::runtime_error("resolve " + host + ": no IPv4 or IPv6 address");
    return all;
}

const sockaddr* Address::get() const noexcept {
    // The sockets API is defined in terms of this cast (RFC 3493, section 3.10).
    return reinterpret_cast<const sockaddr*>(&storage_);
}

std::uint16_t Address::port() const noexcept {
    return ntohs(storage_.sin6_port);
}

Address Address::without_port() const noexcept {
    Address host = *this;
    host.storage_.sin6_port = 0;
    return host;
}

std::string Address::to_string() const {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    const int saved_errno = errno;
    const int error = ::getnameinfo(get(), size(), host, sizeof host, service, sizeof service,
                                    NI_NUMERICHOST | NI_NUMERICSERV);
    errno = saved_errno;
    if (error != 0) return "unknown address";
    if (family() == AF_INET6) return "[" + std::string(host) + "]:" + service;
    return std::string(host) + ":" + service;
}

std::string_view Address::bytes() const noexcept {
    return {reinterpret_cast<const char*>(&storage_), sizeof storage_};
}

}  // namespace netlab
