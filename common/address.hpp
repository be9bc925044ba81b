// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace netlab {

// An IPv4 or IPv6 address with its port: a value, usable as a key.
class Address {
  public:
    Address();  // 0.0.0.0:0
    Address(const sockaddr* address, socklen_t length);

    // Every address that getaddrinfo(3) finds for `host` (a name or a literal; "[::1]" is taken
    // too), in its order of preference. Throws SystemError or std::runtime_error naming the host.
    // Blocks while the resolver does.
    static std::vector<Address> resolve(const std::string& host, std::uint16_t port, int socktype);

    [[nodiscard]] const sockaddr* get() const noexcept;
    [[nodiscard]] socklen_t size() const noexcept {
        return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    }
    [[nodiscard]] int family() const noexcept { return storage_.sin6_family; }
    [[nodiscard]] std::uint16_t port() const noexcept;

    // The same host, whatever the port.
    [[nodiscard]] Address without_port() const noexcept;

    // "127.0.0.1:7101", "[::1]:7101". Leaves errno as it was: it stands in the arguments of
    // check().
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Address& a, const Address& b) noexcept {
        return a.bytes() == b.bytes();
    }
    [[nodiscard]] std::size_t hash() const noexcept {
        return std::hash<std::string_view>{}(bytes());
    }

  private:
    [[nodiscard]] std::string_view bytes() const noexcept;

    sockaddr_in6 storage_{};  // or a sockaddr_in, which begins alike: family, port
};

}  // namespace netlab

template <>
struct std::hash<netlab::Address> {
    std::size_t operator()(const netlab::Address& a) const noexcept { return a.hash(); }
};
