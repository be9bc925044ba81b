// SPDX-License-Identifier: MIT
//
// Peers that vanish: real sockets, but the time is passed in, so that nobody waits for it.
#include "problem5/transport.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/raw.hpp"

namespace netlab::problem5 {
namespace {

using namespace netlab::testing;

class Problem5UdpTransport : public ::testing::Test {
  protected:
    // The next one that has come, or the refusal that the kernel has heard of.
    void receive(Transport& transport) {
        ASSERT_TRUE(wait_readable(transport.watched().data.fd, give_up_after(kPatience)));
        ASSERT_TRUE(transport.receive(now));
    }
    void wake_up(Transport& transport) {
        now = transport.next_deadline();
        transport.on_timer(now);
        transport.send(now);
    }

    const TimePoint start{seconds(1000)};
    TimePoint now = start;
    const Tracer tracer;
    const ImpairmentSpec no_impairment{};
    UdpSocket socket = UdpSocket::bind("127.0.0.1", 0);
    const std::uint16_t port = socket.local_address().port();
};

TEST_F(Problem5UdpTransport, AClientThatIsSilentFor9SecondsIsLost) {
    const auto bob = udp_transport(std::move(socket), "", no_impairment, tracer);
    Transport& server = *bob;
    RawUdp client(port);
    client.send("MSG 1 hello");
    receive(server);
    ASSERT_NE(server.peer(), nullptr);
    EXPECT_EQ(server.peer()->take_event(), (PeerEvent{PeerEvent::Kind::message, "hello"}));
    while (!server.peer()->over()) {
        ASSERT_LE(server.next_deadline(), start + seconds(9));
        wake_up(server);
    }
    EXPECT_EQ(now, start + seconds(9));
    EXPECT_EQ(server.peer()->take_event(),
              (PeerEvent{PeerEvent::Kind::lost, "no sign of life for 9 s"}));
}

TEST_F(Problem5UdpTransport, AServerThatIsGoneIsLostWithTheNextProbe) {
    const auto ann =
        udp_transport(UdpSocket::connect("127.0.0.1", port), "", no_impairment, tracer);
    Transport& client = *ann;
    {
        UdpSocket server = std::move(socket);
        client.peer()->say("hello", now);
        client.send(now);
        std::array<std::byte, 100> buffer;
        Address address;
        ASSERT_TRUE(
            testing::receive(server, buffer, give_up_after(kPatience), &address).has_value());
        server.send_to(as_bytes("ACK 1"), address);
        receive(client);
    }
    ASSERT_EQ(client.next_deadline(), start + seconds(2));
    wake_up(client);
    receive(client);
    ASSERT_TRUE(client.peer()->over());
    const auto event = client.peer()->take_event();
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->kind, PeerEvent::Kind::lost);
    EXPECT_NE(event->text.find("Connection refused"), std::string::npos) << event->text;
}

}  // namespace
}  // namespace netlab::problem5
