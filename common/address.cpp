// SPDX-License-Identifier: MIT
#include "common/address.hpp"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "common/error.hpp"

namespace netlab {

namespace {

// The bytes that make two addresses equal: the padding and the IPv6 flow label do not count.
struct Key {
    char bytes[sizeof(in6_addr) + sizeof(in_port_t) + sizeof(std::uint32_t)] = {};
};

Key key_of(const sockaddr_in6& v6) {
    Key key;
    if (v6.sin6_family == AF_INET6) {
        std::memcpy(key.bytes, &v6.sin6_addr, sizeof v6.sin6_addr);
        std::memcpy(key.bytes + 16, &v6.sin6_port, sizeof v6.sin6_port);
        std::memcpy(key.bytes + 18, &v6.sin6_scope_id, sizeof v6.sin6_scope_id);
    } else {
        sockaddr_in v4;
        std::memcpy(&v4, &v6, sizeof v4);
        std::memcpy(key.bytes, &v4.sin_addr, sizeof v4.sin_addr);
        std::memcpy(key.bytes + 16, &v4.sin_port, sizeof v4.sin_port);
    }
    return key;
}

}  // namespace

Address::Address() : size_(sizeof(sockaddr_in)) {
    storage_.sin6_family = AF_INET;
}

Address::Address(const sockaddr* address, socklen_t length) : size_(length) {
    if (length > sizeof storage_) throw std::invalid_argument("socket address too long");
    std::memcpy(&storage_, address, length);
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
    const Key key = key_of(storage_);
    in_port_t port;
    std::memcpy(&port, key.bytes + 16, sizeof port);
    return ntohs(port);
}

Address Address::without_port() const noexcept {
    Address host = *this;
    host.storage_.sin6_port = 0;  // the port stands at the same place in both kinds of address
    return host;
}

std::string Address::to_string() const {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    const int error = ::getnameinfo(get(), size_, host, sizeof host, service, sizeof service,
                                    NI_NUMERICHOST | NI_NUMERICSERV);
    if (error != 0) return "unknown address";
    if (family() == AF_INET6) return "[" + std::string(host) + "]:" + service;
    return std::string(host) + ":" + service;
}

bool operator==(const Address& a, const Address& b) noexcept {
    const Key x = key_of(a.storage_);
    const Key y = key_of(b.storage_);
    return a.family() == b.family() && std::memcmp(x.bytes, y.bytes, sizeof x.bytes) == 0;
}

std::size_t Address::hash() const noexcept {
    const Key key = key_of(storage_);
    return std::hash<std::string_view>{}(std::string_view(key.bytes, sizeof key.bytes));
}

}  // namespace netlab
