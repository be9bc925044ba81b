// SPDX-License-Identifier: MIT
#include "tests/support/tcp_proxy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/error.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {

TcpProxy::TcpProxy(std::uint16_t target_port, const TcpProxyOptions& options)
    : options_(options),
      listener_("127.0.0.1", 0),
      port_(listener_.local_address().port()),
      target_port_(target_port) {
    thread_ = std::thread([this] {
        try {
            run();
        } catch (const std::exception& error) {
            ADD_FAILURE() << "TCP proxy " << port_ << " -> " << target_port_ << ": "
                          << error.what();
        }
    });
}

TcpProxy::~TcpProxy() {
    stopping_ = true;
    wakeup_.wake();
    thread_.join();
}

void TcpProxy::freeze(Direction direction, bool on) {
    frozen_[index_of(direction)] = on;
    wakeup_.wake();
}

void TcpProxy::cut(Cut how) {
    {
        const std::lock_guard lock(mutex_);
        cut_ = how;
    }
    wakeup_.wake();
}

std::uint64_t TcpProxy::bytes(Direction direction) const {
    const std::lock_guard lock(mutex_);
    return bytes_[index_of(direction)];
}

std::size_t TcpProxy::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

void TcpProxy::wait_for_bytes(Direction direction, std::uint64_t count, Duration timeout) {
    std::unique_lock lock(mutex_);
    const std::uint64_t& so_far = bytes_[index_of(direction)];
    if (!moved_.wait_until(lock, give_up_after(timeout), [&] { return so_far >= count; })) {
        throw TimeoutError("only " + std::to_string(so_far) + " of " + std::to_string(count) +
                           " bytes went through the proxy");
    }
}

void TcpProxy::run() {
    while (!stopping_) {
        wait_for_work();
        accept_all();
        const std::optional<Cut> cut = take_requests();
        for (Connection& connection : open_) {
            if (cut && !connection.draining) end(connection, *cut);
            serve(connection);
        }
        open_.remove_if([](const Connection& connection) { return connection.over; });
    }
}

void TcpProxy::wait_for_work() {
    std::vector<pollfd> watched{{wakeup_.descriptor(), POLLIN, 0},
                                {listener_.descriptor().get(), POLLIN, 0}};
    TimePoint deadline = kNever;
    const auto watch = [&](const TcpStream& stream, bool read, bool write) {
        // Not watched at all if nothing is wanted: poll would report a hang-up again and again.
        const int events = (read ? POLLIN : 0) | (write ? POLLOUT : 0);
        if (events == 0) return;
        watched.push_back({stream.descriptor().get(), static_cast<short>(events), 0});
    };
    for (const Connection& c : open_) {
        if (c.draining) {
            watch(c.client, !c.drained[0], false);
            watch(c.server, !c.drained[1], false);
            continue;
        }
        watch(c.client, c.pumps[0].wants_to_read(), c.pumps[1].blocked());
        watch(c.server, c.pumps[1].wants_to_read(), c.pumps[0].blocked());
        for (const TcpPump& one : c.pumps) {
            if (!one.blocked()) deadline = std::min(deadline, one.next_write());
        }
    }
    static_cast<void>(wait_for_events(watched, deadline));
    wakeup_.clear();
}

void TcpProxy::accept_all() {
    while (auto client = listener_.accept()) {
        {
            const std::lock_guard lock(mutex_);
            connections_ += 1;
        }
        try {
            TcpStream server = TcpStream::connect("127.0.0.1", target_port_);
            open_.push_back({std::move(*client),
                             std::move(server),
                             {TcpPump(options_.to_server), TcpPump(options_.to_client)}});
        } catch (const std::exception&) {
            reset_on_close(*client);  // nobody serves there: for the client to notice
        }
    }
}

// The cut that the test asked for, if any. Also passes on what is frozen.
std::optional<Cut> TcpProxy::take_requests() {
    for (Connection& connection : open_) {
        for (std::size_t i = 0; i < 2; ++i) connection.pumps[i].freeze(frozen_[i]);
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(cut_, std::nullopt);
}

void TcpProxy::serve(Connection& connection) {
    if (connection.over) return;
    try {
        for (const Direction direction : {Direction::kToServer, Direction::kToClient}) {
            if (connection.draining) break;
            pump(connection, direction);
        }
        if (connection.draining) return drain(connection);
        if (connection.pumps[0].finished() && connection.pumps[1].finished())
            connection.over = true;
    } catch (const SystemError&) {
        // One side is gone: the other one shall hear it.
        end(connection, Cut::kReset);
    }
}

void TcpProxy::pump(Connection& connection, Direction direction) {
    const bool to_server = direction == Direction::kToServer;
    TcpStream& source = to_server ? connection.client : connection.server;
    TcpStream& sink = to_server ? connection.server : connection.client;
    TcpPump& pump = connection.pumps[index_of(direction)];

    if (pump.wants_to_read()) pump.read(source);
    if (const std::size_t count = pump.write(sink, Clock::now()); count > 0) {
        const std::lock_guard lock(mutex_);
        bytes_[index_of(direction)] += count;
        moved_.notify_all();
    }
    const TcpFaults& faults = to_server ? options_.to_server : options_.to_client;
    if (pump.cut_reached()) end(connection, faults.cut);
}

void TcpProxy::end(Connection& connection, Cut how) {
    if (how == Cut::kReset) {
        reset_on_close(connection.client);
        reset_on_close(connection.server);
        connection.over = true;
        return;
    }
    // Not a plain close: bytes that nobody read would turn it into a reset (RFC 1122, 4.2.2.13).
    connection.draining = true;
    connection.client.shutdown_write();
    connection.server.shutdown_write();
}

void TcpProxy::drain(Connection& connection) {
    std::array<std::byte, 65536> dropped;
    const std::array<TcpStream*, 2> streams{&connection.client, &connection.server};
    for (std::size_t i = 0; i < 2; ++i) {
        if (connection.drained[i]) continue;
        const auto got = streams[i]->try_read(dropped);
        connection.drained[i] = got && *got == 0;
    }
    connection.over = connection.drained[0] && connection.drained[1];
}

}  // namespace netlab::testing
