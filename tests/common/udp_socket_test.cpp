// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/socket.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/loopback.hpp"

namespace netlab::testing {
namespace {

struct UdpSocketTest : ::testing::Test {
    UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    UdpSocket client = UdpSocket::connect("127.0.0.1", server.local_address().port());
    std::array<std::byte, 16> buffer{};

    std::string next(UdpSocket& socket, Address* sender = nullptr) {
        const auto size = receive(socket, buffer, soon(), sender);
        return size ? std::string(as_text(Bytes(buffer).first(*size))) : "nothing came";
    }
};

TEST_F(UdpSocketTest, ExchangesDatagrams) {
    Address sender;
    client.send(as_bytes("ping"));
    client.send(as_bytes("again"));
    EXPECT_EQ(next(server, &sender), "ping");
    EXPECT_EQ(next(server), "again");
    EXPECT_EQ(sender, client.local_address());
    server.send_to(as_bytes("pong"), sender);
    EXPECT_EQ(next(client, &sender), "pong");
    EXPECT_EQ(sender, server.local_address());
    EXPECT_EQ(client.peer(), server.local_address());
}

TEST_F(UdpSocketTest, TellsAnEmptyDatagramFromNone) {
    EXPECT_EQ(server.try_receive(buffer), std::nullopt);
    client.send({});
    EXPECT_EQ(receive(server, buffer, soon()), 0u);
}

TEST_F(UdpSocketTest, CutsOffWhatTheBufferDoesNotHold) {
    client.send(as_bytes("0123456789abcdefTHE REST"));
    client.send(as_bytes("next"));
    EXPECT_EQ(next(server), "0123456789abcdef");
    EXPECT_EQ(next(server), "next");
}

TEST_F(UdpSocketTest, RefusesADatagramThatIsTooLong) {
    const std::vector<std::byte> too_long(65508);
    const std::string name = server.local_address().to_string();
    EXPECT_EQ(thrown<SystemError>([&] { client.send(too_long); }),
              "send " + name + ": Message too long");
    UdpSocket other = UdpSocket::bind("127.0.0.1", 0);
    EXPECT_EQ(thrown<SystemError>([&] { other.send_to(too_long, server.local_address()); }),
              "sendto " + name + ": Message too long");
    other.send_to(Bytes(too_long).first(65507), server.local_address());
    EXPECT_EQ(receive(server, buffer, soon()), 16u);
}

TEST_F(UdpSocketTest, HearsOnlyItsPeerWhereItIsConnected) {
    UdpSocket stranger = UdpSocket::bind("127.0.0.1", 0);
    stranger.send_to(as_bytes("psst"), client.local_address());
    server.send_to(as_bytes("it is me"), client.local_address());
    EXPECT_EQ(next(client), "it is me");
    EXPECT_EQ(client.try_receive(buffer), std::nullopt);
}

TEST_F(UdpSocketTest, HearsThatNobodyListens) {
    const DeadPort dead(SOCK_DGRAM);
    UdpSocket socket = UdpSocket::connect("127.0.0.1", dead.port());
    socket.send(as_bytes("anyone?"));
    EXPECT_EQ(thrown<SystemError>([&] { static_cast<void>(receive(socket, buffer, soon())); }),
              "recv " + local(dead.port()) + ": Connection refused");
    EXPECT_EQ(socket.try_receive(buffer), std::nullopt);  // told once
}

TEST_F(UdpSocketTest, NeverSharesAPort) {
    const std::uint16_t port = server.local_address().port();
    EXPECT_EQ(thrown<SystemError>([&] { UdpSocket::bind("127.0.0.1", port); }),
              "bind " + local(port) + ": Address already in use");
    EXPECT_EQ(option(server.descriptor(), SOL_SOCKET, SO_REUSEADDR), 0);
}

TEST_F(UdpSocketTest, ClosesOnExec) {
    EXPECT_TRUE(closes_on_exec(server.descriptor()));
    EXPECT_TRUE(closes_on_exec(client.descriptor()));
}

TEST_F(UdpSocketTest, AsksForAReceiveBuffer) {
    const int before = option(server.descriptor(), SOL_SOCKET, SO_RCVBUF);
    server.request_receive_buffer(64 * 1024);
    const int small = option(server.descriptor(), SOL_SOCKET, SO_RCVBUF);
    server.request_receive_buffer(1 << 30);  // more than the kernel gives: no error
    EXPECT_GE(option(server.descriptor(), SOL_SOCKET, SO_RCVBUF), before);
    EXPECT_GT(option(server.descriptor(), SOL_SOCKET, SO_RCVBUF), small);
}

TEST_F(UdpSocketTest, SpeaksIpv6) {
    if (!has_ipv6()) GTEST_SKIP() << "no ::1 here";
    UdpSocket six = UdpSocket::bind("::1", 0);
    UdpSocket other = UdpSocket::connect("[::1]", six.local_address().port());
    other.send(as_bytes("six"));
    Address sender;
    EXPECT_EQ(next(six, &sender), "six");
    EXPECT_EQ(sender, other.local_address());
}

}  // namespace
}  // namespace netlab::testing
