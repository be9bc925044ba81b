// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/socket.hpp"
#include "tests/support/direction.hpp"
#include "tests/support/tcp_pump.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {

struct TcpProxyOptions {
    TcpFaults to_server{};
    TcpFaults to_client{};
};

// A slow or broken network on 127.0.0.1: each connection to port() is forwarded to `target_port`,
// half-closes and resets included, in the proxy's own thread. Without faults every byte arrives. A
// server that cannot be reached resets the client (maybe still in its connect). A failure inside is
// reported by ADD_FAILURE. Thread-safe.
class TcpProxy {
  public:
    explicit TcpProxy(std::uint16_t target_port, const TcpProxyOptions& options = {});
    ~TcpProxy();  // closes all connections
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    // Stops or resumes reading of one direction, on all connections, present and future; what
    // sockets hold already still counts as sent for its sender (up to some MB).
    void freeze(Direction direction, bool on);

    // Ends all present connections soon, as the cable would.
    void cut(Cut how);

    // Totals over all connections so far.
    [[nodiscard]] std::uint64_t bytes(Direction direction) const;
    [[nodiscard]] std::size_t connections() const;

    // Waits until so many bytes have gone on. Throws TimeoutError.
    void wait_for_bytes(Direction direction, std::uint64_t count, Duration timeout = kPatience);

  private:
    struct Connection {
        TcpStream client;
        TcpStream server;
        std::array<TcpPump, 2> pumps;  // to the server, to the client
        bool draining = false;         // cut by Cut::kClose: ends were sent, what comes is dropped
        std::array<bool, 2> drained{};
        bool over = false;
    };

    void run();
    void wait_for_work();
    void accept_all();
    void serve(Connection& connection);
    void pump(Connection& connection, Direction direction);
    void end(Connection& connection, Cut how);
    static void drain(Connection& connection);
    std::optional<Cut> take_requests();

    const TcpProxyOptions options_;
    TcpListener listener_;
    const std::uint16_t port_;
    const std::uint16_t target_port_;
    std::atomic<bool> stopping_{false};
    std::array<std::atomic<bool>, 2> frozen_{};
    Wakeup wakeup_;

    std::list<Connection> open_;  // the proxy's thread alone touches it

    mutable std::mutex mutex_;  // guards these
    std::condition_variable moved_;
    std::array<std::uint64_t, 2> bytes_{};
    std::size_t connections_ = 0;
    std::optional<Cut> cut_;

    std::thread thread_;
};

}  // namespace netlab::testing
