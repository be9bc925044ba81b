// SPDX-License-Identifier: MIT
#include "tests/support/udp_proxy.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>

#include "common/error.hpp"

namespace netlab::testing {

namespace {

constexpr std::size_t kBufferSize = 65536;
constexpr std::size_t kMaxClients = 512;
constexpr int kReceiveBuffer = 8 << 20;

// So many from one socket before the others get their turn.
constexpr int kMaxForwarded = 64;

void grow_receive_buffer(UdpSocket& socket) {
    socket.request_receive_buffer(kReceiveBuffer);
#ifdef SO_RCVBUFFORCE
    // Beyond rmem_max if the tests run as root: a loss here would be one that nobody asked for.
    ::setsockopt(socket.descriptor().get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
                 sizeof kReceiveBuffer);
#endif
}

// Calls receive or send of a connected socket. ECONNREFUSED is the echo of an earlier datagram that
// found nobody (udp(7)): the server is down, which is for the client to notice, not for us.
template <typename Operation>
bool unless_refused(Operation operation) {
    try {
        operation();
        return true;
    } catch (const SystemError& error) {
        if (error.code() != ECONNREFUSED) throw;
        return false;
    }
}

std::string corrupted(Bytes datagram, std::uint64_t bit) {
    std::string bytes(as_text(datagram));
    if (bytes.empty()) return bytes;
    char& victim = bytes[bit / 8 % bytes.size()];
    victim = static_cast<char>(victim ^ (1 << bit % 8));
    return bytes;
}

}  // namespace

UdpFaultProxy::UdpFaultProxy(std::uint16_t target_port, UdpProxyOptions options)
    : target_port_(target_port),
      options_(std::move(options)),
      listener_(UdpSocket::bind("127.0.0.1", 0)),
      port_(listener_.local_address().port()),
      buffer_(kBufferSize) {
    grow_receive_buffer(listener_);
    thread_ = std::thread([this] {
        try {
            run();
        } catch (const std::exception& error) {
            ADD_FAILURE() << describe() << ": " << error.what();
        }
    });
}

UdpFaultProxy::~UdpFaultProxy() {
    stopping_ = true;
    wakeup_.wake();
    thread_.join();
}

void UdpFaultProxy::inject(Direction direction, std::string_view datagram, std::size_t client) {
    {
        const std::lock_guard lock(mutex_);
        injected_.push_back({direction, client, std::string(datagram)});
    }
    wakeup_.wake();
}

UdpFaultProxy::Counters UdpFaultProxy::counters(Direction direction) const {
    const std::lock_guard lock(mutex_);
    return counters_[index_of(direction)];
}

void UdpFaultProxy::wait_for(Direction direction, std::uint64_t Counters::*counter,
                             std::uint64_t count, Duration timeout) {
    std::unique_lock lock(mutex_);
    const Counters& counters = counters_[index_of(direction)];
    if (!counted_.wait_until(lock, give_up_after(timeout),
                             [&] { return counters.*counter >= count; })) {
        throw TimeoutError("waited in vain for " + std::to_string(count) +
                           " datagrams: " + show_counters());
    }
}

std::vector<UdpFaultProxy::Datagram> UdpFaultProxy::recorded() const {
    const std::lock_guard lock(mutex_);
    return recorded_;
}

std::string UdpFaultProxy::describe() const {
    std::ostringstream text;
    text << "UDP proxy " << port_ << " -> " << target_port_ << ", seed " << options_.seed
         << "\n  to server: " << testing::describe(options_.to_server)
         << "\n  to client: " << testing::describe(options_.to_client);
    return text.str();
}

// The caller holds mutex_.
std::string UdpFaultProxy::show_counters() const {
    std::ostringstream text;
    text << describe();
    for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
        const Counters& c = counters_[index_of(direction)];
        text << (direction == Direction::kToServer ? "\n  to server: " : "\n  to client: ")
             << c.received << " received, " << c.forwarded << " forwarded, " << c.dropped
             << " dropped, " << c.duplicated << " duplicated, " << c.reordered << " reordered, "
             << c.corrupted << " corrupted";
    }
    return text.str();
}

void UdpFaultProxy::run() {
    while (!stopping_) {
        wait_for_work();
        receive_from_clients();
        for (Client& client : clients_) receive_from_server(client);
        queue_injected();
        send_due();
    }
}

void UdpFaultProxy::wait_for_work() {
    std::vector<pollfd> watched{{wakeup_.descriptor(), POLLIN, 0},
                                {listener_.descriptor().get(), POLLIN, 0}};
    for (const Client& client : clients_) {
        watched.push_back({client.socket.descriptor().get(), POLLIN, 0});
    }
    static_cast<void>(
        wait_for_events(watched, queue_.empty() ? kNever : queue_.begin()->first.first));
    wakeup_.clear();
}

void UdpFaultProxy::receive_from_clients() {
    Address sender;
    for (int n = 0; n < kMaxForwarded; ++n) {
        const auto size = listener_.try_receive(buffer_, &sender);
        if (!size) return;
        if (Client* client = client_of(sender)) {
            take(*client, Direction::kToServer, Bytes(buffer_).first(*size));
        }
    }
}

void UdpFaultProxy::receive_from_server(Client& client) {
    for (int n = 0; n < kMaxForwarded; ++n) {
        std::optional<std::size_t> size;
        if (!unless_refused([&] { size = client.socket.try_receive(buffer_); })) continue;
        if (!size) return;
        take(client, Direction::kToClient, Bytes(buffer_).first(*size));
    }
}

// The client that sends from there, new or known; nullptr if there are too many.
UdpFaultProxy::Client* UdpFaultProxy::client_of(const Address& address) {
    if (const auto known = by_address_.find(address); known != by_address_.end()) {
        return known->second;
    }
    const std::size_t index = clients_.size();
    if (index == kMaxClients) return nullptr;
    // A lane's fates depend on the seed and on the client's number, not on what others do
    // meanwhile.
    const std::uint64_t seed = options_.seed + 1000 * index;
    clients_.push_back({index,
                        address,
                        UdpSocket::connect("127.0.0.1", target_port_),
                        {Lane{FaultDice(2 * seed), {}}, Lane{FaultDice(2 * seed + 1), {}}}});
    grow_receive_buffer(clients_.back().socket);
    return by_address_[address] = &clients_.back();
}

void UdpFaultProxy::take(Client& client, Direction direction, Bytes datagram) {
    Lane& lane = client.lanes[index_of(direction)];
    const Fate fate = decide(lane, direction, datagram);
    count(client, direction, datagram, fate);
    if (fate.dropped) return;

    Pending pending{
        &client, direction,
        fate.corrupted ? corrupted(datagram, fate.flipped_bit) : std::string(as_text(datagram))};
    const TimePoint due = Clock::now() + fate.delay;
    if (fate.reordered) {
        lane.held = enqueue(due + options_.longest_hold, std::move(pending));
        return;
    }
    if (fate.duplicated) enqueue(due, pending);
    enqueue(due, std::move(pending));
    release_held(lane, due);
}

Fate UdpFaultProxy::decide(Lane& lane, Direction direction, Bytes datagram) {
    const bool to_server = direction == Direction::kToServer;
    Fate fate = lane.dice.roll(to_server ? options_.to_server : options_.to_client);
    const Verdict verdict = options_.filter ? options_.filter(direction, datagram) : Verdict::kPass;
    if (verdict == Verdict::kDrop || black_hole_) fate.dropped = true;
    if (verdict == Verdict::kDuplicate) fate.duplicated = true;
    if (verdict == Verdict::kCorrupt) fate.corrupted = true;
    if (verdict == Verdict::kReorder) fate.reordered = true;

    // One waits at a time, and it goes out once; a held one that waited in vain is gone already.
    if (lane.held && !queue_.contains(*lane.held)) lane.held.reset();
    if (fate.dropped || lane.held) fate.reordered = false;
    if (fate.dropped || fate.reordered) fate.duplicated = false;
    if (fate.dropped) fate.corrupted = false;
    return fate;
}

void UdpFaultProxy::count(Client& client, Direction direction, Bytes datagram, const Fate& fate) {
    const std::lock_guard lock(mutex_);
    Counters& counters = counters_[index_of(direction)];
    counters.received += 1;
    counters.dropped += fate.dropped ? 1 : 0;
    counters.duplicated += fate.duplicated ? 1 : 0;
    counters.reordered += fate.reordered ? 1 : 0;
    counters.corrupted += fate.corrupted ? 1 : 0;
    if (options_.record) {
        recorded_.push_back(
            {direction, client.index, std::string(as_text(datagram)), fate.dropped});
    }
    counted_.notify_all();
}

UdpFaultProxy::Order UdpFaultProxy::enqueue(TimePoint due, Pending pending) {
    const Order order{due, ++sequence_};
    queue_.emplace(order, std::move(pending));
    return order;
}

// Puts the datagram that waited right behind the one that is due then.
void UdpFaultProxy::release_held(Lane& lane, TimePoint due) {
    if (!lane.held) return;
    auto held = queue_.extract(*lane.held);
    lane.held.reset();
    if (!held.empty()) enqueue(due, std::move(held.mapped()));
}

void UdpFaultProxy::queue_injected() {
    std::vector<Injected> all;
    {
        const std::lock_guard lock(mutex_);
        all.swap(injected_);
    }
    for (Injected& one : all) {
        if (one.client >= clients_.size()) continue;
        enqueue(Clock::now(), {&clients_[one.client], one.direction, std::move(one.bytes)});
    }
}

void UdpFaultProxy::send_due() {
    const TimePoint now = Clock::now();
    while (!queue_.empty() && queue_.begin()->first.first <= now) {
        send(queue_.extract(queue_.begin()).mapped());
    }
}

void UdpFaultProxy::send(const Pending& pending) {
    const Bytes datagram = as_bytes(pending.bytes);
    Client& client = *pending.client;
    if (pending.direction == Direction::kToClient) {
        listener_.send_to(datagram, client.address);
    } else if (!unless_refused([&] { client.socket.send(datagram); })) {
        // The refusal of an earlier datagram took the place of this one: once more.
        unless_refused([&] { client.socket.send(datagram); });
    }

    const std::lock_guard lock(mutex_);
    Counters& counters = counters_[index_of(pending.direction)];
    counters.forwarded += 1;
    counters.forwarded_bytes += datagram.size();
    counted_.notify_all();
}

}  // namespace netlab::testing
