// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/file_descriptor.hpp"
#include "common/socket.hpp"
#include "tests/support/direction.hpp"
#include "tests/support/timeout.hpp"
#include "tests/support/udp_faults.hpp"

namespace netlab::testing {

// What a filter decides about one datagram; kPass leaves it to the Faults.
enum class Verdict {
    kPass,
    kDrop,
    kDuplicate,
    kCorrupt,
    kReorder,  // after the next one of this client and direction
};

struct UdpProxyOptions {
    Faults to_server{};
    Faults to_client{};
    std::uint64_t seed = 1;

    // A reordered datagram goes out after so long even if no next one comes.
    Duration longest_hold = milliseconds(50);

    // Asked about every datagram, in the proxy's thread, one at a time: what it shares with the
    // test is atomic or locked. It may call black_hole().
    std::function<Verdict(Direction, Bytes)> filter{};

    bool record = false;  // keep a copy of each datagram: see recorded()
};

// A broken network on 127.0.0.1: a client that talks to port() talks to the server at
// `target_port`, through a socket of its own, so that the server can tell clients apart. Faults
// happen in the proxy's own thread. Without faults nothing is lost, and the order of each client
// stays. With jitter, datagrams overtake each other. A failure inside is reported by ADD_FAILURE.
// Thread-safe.
class UdpFaultProxy {
  public:
    explicit UdpFaultProxy(std::uint16_t target_port, UdpProxyOptions options = {});
    ~UdpFaultProxy();  // what is still delayed is lost
    UdpFaultProxy(const UdpFaultProxy&) = delete;
    UdpFaultProxy& operator=(const UdpFaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    // While on, whatever arrives is lost, both ways.
    void black_hole(bool on) noexcept { black_hole_ = on; }

    // Sends a datagram as if it came from that client (counted from 0 in order of appearance), or
    // to it from the server: a replay, a forgery. Past all faults; ignored if there is no such
    // client.
    void inject(Direction direction, std::string_view datagram, std::size_t client = 0);

    struct Counters {
        std::uint64_t received = 0;   // came in
        std::uint64_t forwarded = 0;  // went out, duplicates and injected ones included
        std::uint64_t forwarded_bytes = 0;
        std::uint64_t dropped = 0;
        std::uint64_t duplicated = 0;
        std::uint64_t reordered = 0;
        std::uint64_t corrupted = 0;
    };
    [[nodiscard]] Counters counters(Direction direction) const;

    // Waits until a counter is at least `count`: wait_for(Direction::kToServer,
    // &Counters::received, 50). Throws TimeoutError that tells all counters.
    void wait_for(Direction direction, std::uint64_t Counters::*counter, std::uint64_t count,
                  Duration timeout = kPatience);

    struct Datagram {
        Direction direction;
        std::size_t client;
        std::string bytes;  // as it came in
        bool dropped;
    };
    // All that came in, in order, if the options asked for it.
    [[nodiscard]] std::vector<Datagram> recorded() const;

    // Ports, seed and faults, for SCOPED_TRACE.
    [[nodiscard]] std::string describe() const;

  private:
    using Order =
        std::pair<TimePoint, std::uint64_t>;  // when it is due, then first come first served

    struct Lane {  // one client, one direction
        FaultDice dice;
        std::optional<Order> held;  // the datagram that waits for the next one to go first
    };
    struct Client {
        std::size_t index;
        Address address;
        UdpSocket socket;  // connected to the server
        std::array<Lane, 2> lanes;
    };
    struct Pending {
        Client* client;
        Direction direction;
        std::string bytes;
    };
    struct Injected {
        Direction direction;
        std::size_t client;
        std::string bytes;
    };

    void run();
    void wait_for_work();
    void receive_from_clients();
    void receive_from_server(Client& client);
    Client* client_of(const Address& address);
    void take(Client& client, Direction direction, Bytes datagram);
    Fate decide(Lane& lane, Direction direction, Bytes datagram);
    void count(Client& client, Direction direction, Bytes datagram, const Fate& fate);
    Order enqueue(TimePoint due, Pending pending);
    void release_held(Lane& lane, TimePoint due);
    void queue_injected();
    void send_due();
    void send(const Pending& pending);
    [[nodiscard]] std::string show_counters() const;

    const std::uint16_t target_port_;
    const UdpProxyOptions options_;
    UdpSocket listener_;
    const std::uint16_t port_;
    std::atomic<bool> black_hole_{false};
    std::atomic<bool> stopping_{false};
    Wakeup wakeup_;

    // The proxy's thread alone touches these.
    std::deque<Client> clients_;
    std::unordered_map<Address, Client*> by_address_;
    std::map<Order, Pending> queue_;
    std::uint64_t sequence_ = 0;
    std::vector<std::byte> buffer_;

    mutable std::mutex mutex_;  // guards these
    std::condition_variable counted_;
    std::array<Counters, 2> counters_;
    std::vector<Datagram> recorded_;
    std::vector<Injected> injected_;

    std::thread thread_;
};

}  // namespace netlab::testing
