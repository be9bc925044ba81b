// SPDX-License-Identifier: MIT
// Both forms (see POSIX_ONLY) have to pass the same tests.

#include "common/datagram_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "tests/support/files.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {
namespace {

struct DatagramQueueTest : ::testing::Test {
    DatagramQueueTest() {
        for (int i = 0; i < 3; ++i) peers.push_back(UdpSocket::bind("127.0.0.1", 0));
    }

    std::string next(UdpSocket& peer) {
        std::vector<std::byte> buffer(65536);
        const auto size = receive(peer, buffer, give_up_after(kPatience));
        return size ? std::string(as_text(Bytes(buffer).first(*size))) : "(nothing)";
    }

    std::deque<UdpSocket> peers;
    UdpSocket socket = UdpSocket::bind("127.0.0.1", 0);
    std::vector<std::string> failures;
    DatagramQueue post{socket, [this](const SystemError& e) { failures.emplace_back(e.what()); }};
};

TEST_F(DatagramQueueTest, DeliversToEachPeerItsDatagramsInOrder) {
    for (std::size_t i = 0; i < 150; ++i) {
        post.add(peers[i % 3].local_address(), as_bytes(random_bytes(i * 13, i)));
    }
    post.flush();
    for (std::size_t i = 0; i < 150; ++i) {
        EXPECT_EQ(next(peers[i % 3]), random_bytes(i * 13, i)) << i;
    }
    EXPECT_TRUE(failures.empty());
}

TEST_F(DatagramQueueTest, SendsNothingBeforeItIsFlushedAndNothingTwice) {
    post.add(peers[0].local_address(), as_bytes("one"));
    EXPECT_FALSE(wait_readable(peers[0].descriptor().get(), Clock::now()));
    post.flush();
    post.flush();
    EXPECT_EQ(next(peers[0]), "one");
    EXPECT_FALSE(wait_readable(peers[0].descriptor().get(), Clock::now()));
}

TEST_F(DatagramQueueTest, GoesOnBehindADatagramThatCannotBeSent) {
    const Address nowhere = Address::resolve("127.0.0.1", 0, SOCK_DGRAM).front();  // port 0
    post.add(peers[0].local_address(), as_bytes("before"));
    post.add(nowhere, as_bytes("lost"));
    post.add(nowhere, as_bytes("lost too"));
    post.add(peers[0].local_address(), as_bytes("behind"));
    post.flush();
    EXPECT_EQ(next(peers[0]), "before");
    EXPECT_EQ(next(peers[0]), "behind");
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_NE(failures[0].find("127.0.0.1:0: Invalid argument"), std::string::npos) << failures[0];
}

TEST_F(DatagramQueueTest, DeliversLargeDatagramsThatFillItsRoom) {
    for (std::size_t i = 0; i < 9; ++i) {
        post.add(peers[0].local_address(), as_bytes(random_bytes(60'000, i)));
        if (i % 3 == 2) {
            post.flush();
            for (std::size_t k = i - 2; k <= i; ++k) {
                EXPECT_TRUE(same_bytes(next(peers[0]), random_bytes(60'000, k)));
            }
        }
    }
}

}  // namespace
}  // namespace netlab::testing
