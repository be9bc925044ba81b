// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/support/raw.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {

// Both ends of a TCP connection: `stream` is what is tested, `peer` speaks to it by hand.
struct Loopback {
    TcpListener listener{"127.0.0.1", 0};
    RawTcp peer{listener.local_address().port()};
    TcpStream stream = accept_one(listener);
};

inline TimePoint soon() {
    return give_up_after(kPatience);
}

inline std::string local(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

inline int option(const FileDescriptor& fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    check(::getsockopt(fd.get(), level, name, &value, &size), "getsockopt");
    return value;
}

inline bool has_ipv6() {
    try {
        static_cast<void>(UdpSocket::bind("::1", 0));
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace netlab::testing
