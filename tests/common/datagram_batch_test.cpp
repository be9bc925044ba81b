// SPDX-License-Identifier: MIT
// Both forms (see POSIX_ONLY) have to pass the same tests.

#include "common/datagram_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/support/files.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {
namespace {

using Texts = std::vector<std::string>;

Texts cut(const std::string& bytes, std::size_t size) {
    Texts pieces;
    for (std::size_t at = 0; at < bytes.size(); at += size)
        pieces.push_back(bytes.substr(at, size));
    return pieces;
}

struct DatagramBatchTest : ::testing::Test {
    DatagramBatchTest() { server.request_receive_buffer(4 << 20); }

    bool receive_next(DatagramReceiver& receiver) {
        return wait_readable(server.descriptor().get(), give_up_after(kPatience)) &&
               receiver.try_receive(batch);
    }
    Texts receive(std::size_t count) {
        DatagramReceiver receiver(server);
        Texts texts;
        while (texts.size() < count && receive_next(receiver)) {
            for (const Datagram& one : batch.datagrams) texts.emplace_back(as_text(one.bytes));
        }
        return texts;
    }
    // One at a time, as any other peer would.
    Texts receive_plainly(std::size_t count) {
        std::vector<std::byte> buffer(65536);
        Texts texts;
        while (texts.size() < count) {
            const auto size = testing::receive(server, buffer, give_up_after(kPatience));
            if (!size) break;
            texts.emplace_back(as_text(Bytes(buffer).first(*size)));
        }
        return texts;
    }

    UdpSocket server = UdpSocket::bind("127.0.0.1", 0);
    UdpSocket client = UdpSocket::connect("127.0.0.1", server.local_address().port());
    DatagramBatch batch;
};

// Sizes around all limits: of a segment, of a call, of 64 segments, of a datagram.
constexpr std::size_t kSizes[] = {1, 2, 99, 100, 1000, 1472, 1473, 32753, 32754, 65507};

void for_each_size(DatagramBatchTest& test, Texts (DatagramBatchTest::*receive)(std::size_t)) {
    constexpr std::uint64_t kSeed = 1;
    DatagramSender sender(test.client);
    for (const std::size_t size : kSizes) {
        for (const std::size_t total : {std::size_t{1}, size - 1, size, size + 1, 3 * size - 1,
                                        64 * size, 64 * size + 1, 130 * size}) {
            if (total == 0 || total > 200'000) continue;
            const std::string bytes = random_bytes(total, kSeed);
            sender.send(as_bytes(bytes), size);
            const Texts expected = cut(bytes, size);
            ASSERT_EQ((test.*receive)(expected.size()), expected)
                << total << " bytes in datagrams of " << size;
        }
    }
}

TEST_F(DatagramBatchTest, CutsIntoDatagramsOfOneSizeOfWhichTheLastMayBeShorter) {
    for_each_size(*this, &DatagramBatchTest::receive);
}

TEST_F(DatagramBatchTest, PutsTheSameDatagramsOnTheWireForAnyReceiver) {
    for_each_size(*this, &DatagramBatchTest::receive_plainly);
}

TEST_F(DatagramBatchTest, SendsThemAlsoWhereTheKernelCannotSegment) {
    // Without checksums the kernel does not cut (UDP_SEGMENT fails): as on some networks.
    set_option(client.descriptor(), SOL_SOCKET, SO_NO_CHECK, 1);
    for_each_size(*this, &DatagramBatchTest::receive);
}

TEST_F(DatagramBatchTest, SendsNothingForNoBytes) {
    DatagramSender sender(client);
    sender.send({}, 100);
    sender.send(as_bytes("next"), 100);
    EXPECT_EQ(receive(1), Texts{"next"});
}

TEST_F(DatagramBatchTest, ReceivesWhatAnyPeerSends) {
    constexpr std::uint64_t kSeed = 2;
    const Texts sent{random_bytes(65507, kSeed), "", "x", "", random_bytes(1000, kSeed)};
    for (const std::string& one : sent) client.send(as_bytes(one));
    EXPECT_EQ(receive(sent.size()), sent);
}

TEST_F(DatagramBatchTest, TellsTheSenderOfEachDatagram) {
    UdpSocket other = UdpSocket::connect("127.0.0.1", server.local_address().port());
    DatagramSender one_sender(client);
    DatagramSender other_sender(other);
    for (int i = 0; i < 3; ++i) {
        one_sender.send(as_bytes("aaab"), 1);
        other_sender.send(as_bytes("xxxy"), 1);
    }
    DatagramReceiver receiver(server);
    std::string from_one;
    std::string from_other;
    while (from_one.size() + from_other.size() < 24) {
        ASSERT_TRUE(receive_next(receiver));
        for (const Datagram& each : batch.datagrams) {
            (each.sender == client.local_address() ? from_one : from_other) += as_text(each.bytes);
            EXPECT_TRUE(each.sender == client.local_address() ||
                        each.sender == other.local_address());
        }
    }
    EXPECT_EQ(from_one, "aaabaaabaaab");
    EXPECT_EQ(from_other, "xxxyxxxyxxxy");
}

TEST_F(DatagramBatchTest, IsEmptyIfNothingHasCome) {
    client.send(as_bytes("one"));
    DatagramReceiver receiver(server);
    EXPECT_TRUE(receive_next(receiver));
    EXPECT_EQ(batch.datagrams.size(), 1u);
    EXPECT_FALSE(receiver.try_receive(batch));
    EXPECT_TRUE(batch.datagrams.empty());
}

TEST_F(DatagramBatchTest, ReturnsSoonHoweverManySmallDatagramsKeepComing) {
    for (const std::size_t size : {0u, 1u}) {
        const TimePoint end = deadline_in(milliseconds(500) * slowdown());
        const auto flood = [&] {
            UdpSocket flooder = UdpSocket::connect("127.0.0.1", server.local_address().port());
            const std::vector<std::byte> datagram(size);
            while (Clock::now() < end) flooder.send(datagram);
        };
        std::thread one(flood);
        std::thread other(flood);
        DatagramReceiver receiver(server);
        Duration longest{};
        while (Clock::now() < end) {
            const TimePoint start = Clock::now();
            static_cast<void>(receiver.try_receive(batch));
            longest = std::max(longest, Clock::now() - start);
        }
        one.join();
        other.join();
        EXPECT_LT(longest, milliseconds(250) * slowdown()) << "datagrams of " << size;
    }
}

TEST_F(DatagramBatchTest, ReportsADatagramThatIsTooLong) {
    DatagramSender sender(client);
    const std::vector<std::byte> bytes(200'000);
    EXPECT_EQ(thrown<SystemError>([&] { sender.send(bytes, 65508); }),
              "send " + server.local_address().to_string() + ": Message too long");
    sender.send(Bytes(bytes).first(65507), 65508);  // what is shorter goes
    EXPECT_EQ(receive(1).at(0).size(), 65507u);
}

TEST_F(DatagramBatchTest, HearsThatNobodyListens) {
    const DeadPort dead(SOCK_DGRAM);
    UdpSocket lonely = UdpSocket::connect("127.0.0.1", dead.port());
    DatagramReceiver receiver(lonely);
    DatagramSender(lonely).send(as_bytes("anyone?"), 100);
    try {
        ASSERT_TRUE(wait_readable(lonely.descriptor().get(), give_up_after(kPatience)));
        static_cast<void>(receiver.try_receive(batch));
        FAIL() << "somebody answered";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.code(), ECONNREFUSED);
    }
}

// Sends so many datagrams of 1000 bytes into a tiny buffer, then one that finds room: what was
// received before it, and what the kernel counts as dropped.
std::pair<std::size_t, std::uint64_t> overrun(DatagramBatchTest& test, std::size_t a_call) {
    constexpr std::size_t kDatagrams = 500;
    test.server.request_receive_buffer(1);
    DatagramReceiver receiver(test.server);
    DatagramSender sender(test.client);
    const std::vector<std::byte> bytes(a_call * 1000);
    for (std::size_t i = 0; i < kDatagrams; i += a_call) sender.send(bytes, 1000);

    std::size_t received = 0;
    while (receiver.try_receive(test.batch)) received += test.batch.datagrams.size();
    test.client.send(as_bytes("last"));
    EXPECT_TRUE(test.receive_next(receiver));
    EXPECT_EQ(as_text(test.batch.datagrams.back().bytes), "last");
    EXPECT_LT(received, kDatagrams);
    return {kDatagrams - received, test.batch.kernel_drops};
}

TEST_F(DatagramBatchTest, CountsWhatTheKernelDropsWhenTheBufferIsFull) {
    const auto [missing, counted] = overrun(*this, 1);
#ifdef NETLAB_POSIX_ONLY
    EXPECT_EQ(counted, 0u);  // cannot tell
#else
    EXPECT_EQ(counted, missing);
#endif
}

TEST_F(DatagramBatchTest, CountsADroppedRunThatWasSentAtOnceAsOneOrMore) {
    const auto [missing, counted] = overrun(*this, 50);
#ifdef NETLAB_POSIX_ONLY
    EXPECT_EQ(counted, 0u);
#else
    EXPECT_GE(counted, 1u);
    EXPECT_LE(counted, missing);
#endif
}

TEST_F(DatagramBatchTest, KeepsTheCountOfDropsBetweenReceives) {
    const std::uint64_t counted = overrun(*this, 1).second;
    DatagramReceiver receiver(server);
    client.send(as_bytes("next"));
    EXPECT_TRUE(receive_next(receiver));
    EXPECT_EQ(batch.kernel_drops, counted);
    EXPECT_FALSE(receiver.try_receive(batch));
    EXPECT_EQ(batch.kernel_drops, counted);
}

}  // namespace
}  // namespace netlab::testing
