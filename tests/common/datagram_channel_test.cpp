// SPDX-License-Identifier: MIT
// Both forms (see POSIX_ONLY) have to pass the same tests.

#include "common/datagram_channel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/support/files.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {
namespace {

struct DatagramChannelTest : ::testing::Test {
    DatagramChannelTest() {
        for (int i = 0; i < 3; ++i) peers.push_back(UdpSocket::bind("127.0.0.1", 0));
        channel.gather();
    }

    void send(const Address& peer, std::string_view datagram) {
        channel.send(
            peer, as_bytes(datagram), [] { return ""; }, now);
    }

    std::string next(UdpSocket& peer) {
        std::vector<std::byte> buffer(65536);
        const auto size = receive(peer, buffer, give_up_after(kPatience));
        return size ? std::string(as_text(Bytes(buffer).first(*size))) : "(nothing)";
    }

    std::deque<UdpSocket> peers;
    std::vector<std::string> failures;
    const ImpairmentSpec none;
    const Tracer silent;
    const TimePoint now = Clock::now();
    DatagramChannel channel{UdpSocket::bind("127.0.0.1", 0), none, silent,
                            [this](const SystemError& e) { failures.emplace_back(e.what()); }};
};

TEST_F(DatagramChannelTest, DeliversToEachPeerItsDatagramsInOrder) {
    for (std::size_t i = 0; i < 150; ++i) {
        send(peers[i % 3].local_address(), random_bytes(i * 13, i));
    }
    channel.release(now);
    for (std::size_t i = 0; i < 150; ++i) {
        EXPECT_EQ(next(peers[i % 3]), random_bytes(i * 13, i)) << i;
    }
    EXPECT_TRUE(failures.empty());
}

TEST_F(DatagramChannelTest, SendsNothingBeforeItIsReleasedAndNothingTwice) {
    send(peers[0].local_address(), "one");
    EXPECT_FALSE(wait_readable(peers[0].descriptor().get(), Clock::now()));
    channel.release(now);
    channel.release(now);
    EXPECT_EQ(next(peers[0]), "one");
    EXPECT_FALSE(wait_readable(peers[0].descriptor().get(), Clock::now()));
}

TEST_F(DatagramChannelTest, GoesOnBehindADatagramThatCannotBeSent) {
    const Address nowhere = Address::resolve("127.0.0.1", 0, SOCK_DGRAM).front();  // port 0
    send(peers[0].local_address(), "before");
    send(nowhere, "lost");
    send(nowhere, "lost too");
    send(peers[0].local_address(), "behind");
    channel.release(now);
    EXPECT_EQ(next(peers[0]), "before");
    EXPECT_EQ(next(peers[0]), "behind");
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_NE(failures[0].find("127.0.0.1:0: Invalid argument"), std::string::npos) << failures[0];
}

TEST_F(DatagramChannelTest, DeliversLargeDatagrams) {
    for (std::size_t i = 0; i < 9; ++i) {
        send(peers[0].local_address(), random_bytes(60'000, i));
        if (i % 3 == 2) {
            channel.release(now);
            for (std::size_t k = i - 2; k <= i; ++k) {
                EXPECT_TRUE(same_bytes(next(peers[0]), random_bytes(60'000, k)));
            }
        }
    }
}

}  // namespace
}  // namespace netlab::testing
