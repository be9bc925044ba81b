// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace netlab {

// An IPv4 or IPv6 socket address and port: a value, usable as a key.
class Address {
  public:
    Address();  // 0.0.0.0:0
    Address(const sockaddr* address, socklen_t length);

    // Every address that getaddrinfo(3) finds for `host` (a name or a literal; "[::1]" is taken
    // too), in its order of preference. Throws SystemError or std::runtime_error naming the host.
    // Blocks while the resolver does.
    static std::vector<Address> resolve(const std::string& host, std::uint16_t port, int socktype);

    [[nodiscard]] const sockaddr* get() const noexcept;
    [[nodiscard]] socklen_t size() const noexcept { return size_; }
    [[nodiscard]] int family() const noexcept { return get()->sa_family; }
    [[nodiscard]] std::uint16_t port() const noexcept;

    // The same host, whatever the port.
    [[nodiscard]] Address without_port() const noexcept;

    // "127.0.0.1:7101", "[::1]:7101".
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Address& a, const Address& b) noexcept;
    [[nodiscard]] std::size_t hash() const noexcept;

  private:
    sockaddr_in6 storage_{};  // or a sockaddr_in, which is shorter
    socklen_t size_ = 0;
};

}  // namespace netlab

template <>
struct std::hash<netlab::Address> {
    std::size_t operator()(const netlab::Address& a) const noexcept { return a.hash(); }
};
