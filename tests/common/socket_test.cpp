// SPDX-License-Identifier: MIT
#include "common/socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/loopback.hpp"
#include "tests/support/files.hpp"

namespace netlab::testing {
namespace {

constexpr TimePoint kPast{};

bool blocking(const FileDescriptor& fd) {
    return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0;
}

struct TcpStreamTest : ::testing::Test, Loopback {
    std::array<std::byte, 16> buffer{};

    [[nodiscard]] std::string received(std::size_t count) const {
        return std::string(as_text(Bytes(buffer).first(count)));
    }
    // Fills what the kernel holds between the two ends.
    void fill() {
        const std::vector<std::byte> block(65536);
        const TimePoint deadline = soon();
        while (Clock::now() < deadline && stream.write_some(block) > 0) continue;
    }
};

TEST(TcpListener, TakesAnyFreePortForZero) {
    const TcpListener one("127.0.0.1", 0);
    const TcpListener two("127.0.0.1", 0);
    EXPECT_NE(one.local_address().port(), 0);
    EXPECT_NE(one.local_address().port(), two.local_address().port());
    EXPECT_EQ(one.local_address().to_string(), local(one.local_address().port()));
}

TEST(TcpListener, NamesAPortThatIsInUse) {
    const TcpListener first("127.0.0.1", 0);
    const std::uint16_t port = first.local_address().port();
    EXPECT_EQ(thrown<SystemError>([&] { TcpListener("127.0.0.1", port); }),
              "bind " + local(port) + ": Address already in use");
}

TEST(TcpListener, NamesAnAddressThatIsNotOurs) {
    EXPECT_EQ(thrown<SystemError>([&] { TcpListener("192.0.2.1", 0); }),  // TEST-NET-1, RFC 5737
              "bind 192.0.2.1:0: Cannot assign requested address");
}

TEST(TcpListener, CanBeStartedAgainWhileOldConnectionsWait) {
    auto lab = std::make_unique<Loopback>();
    const std::uint16_t port = lab->listener.local_address().port();
    lab->stream.shutdown_write();  // closed first at this end: TIME_WAIT is on the server's side
    EXPECT_EQ(lab->peer.read_to_end(), "");
    lab.reset();
    EXPECT_NO_THROW(TcpListener("127.0.0.1", port));
}

TEST(TcpListener, HasNothingToAcceptWithoutBlocking) {
    TcpListener listener("127.0.0.1", 0);
    EXPECT_FALSE(listener.accept().has_value());
}

TEST(TcpListener, YieldsEachConnectionOnce) {
    TcpListener listener("127.0.0.1", 0);
    const RawTcp one(listener.local_address().port());
    const RawTcp two(listener.local_address().port());
    const TcpStream first = accept_one(listener);
    const TcpStream second = accept_one(listener);
    EXPECT_NE(first.peer(), second.peer());
    EXPECT_FALSE(listener.accept().has_value());
}

TEST(TcpListener, WaitsInAcceptForAsLongAsItIsTold) {
    TcpListener listener("127.0.0.1", 0);
    listener.wait_in_accept(milliseconds(1));
    EXPECT_FALSE(listener.accept());

    listener.wait_in_accept(kPatience);
    std::optional<TcpStream> stream;
    std::thread waiting([&] { stream = listener.accept(); });
    const RawTcp client(listener.local_address().port());
    waiting.join();
    EXPECT_TRUE(stream);
}

TEST(TcpListener, EndsTheWaitsInAcceptWhenItIsShutDown) {
    TcpListener listener("127.0.0.1", 0);
    listener.wait_in_accept(kPatience);
    std::thread waiting([&] { EXPECT_THROW(static_cast<void>(listener.accept()), SystemError); });
    listener.shut_down();
    waiting.join();
    EXPECT_THROW(RawTcp(listener.local_address().port()), SystemError);
}

TEST(TcpListener, HandsDownNoLimitToTheSilenceOfAStream) {
    TcpListener listener("127.0.0.1", 0);
    listener.wait_in_accept(milliseconds(1));
    RawTcp client(listener.local_address().port());
    TcpStream stream = accept_one(listener);
    std::optional<std::size_t> got;
    std::array<std::byte, 1> buffer;
    std::thread reading([&] { got = stream.read_some(buffer); });
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(listener.accept());  // the time that may not count
    client.send("x");
    reading.join();
    EXPECT_EQ(got, 1u);
}

TEST(TcpListener, OutlivesAClientThatIsGoneBeforeItIsAccepted) {
    TcpListener listener("127.0.0.1", 0);
    RawTcp(listener.local_address().port()).reset();
    ASSERT_TRUE(wait_readable(listener.descriptor().get(), soon()));
    static_cast<void>(listener.accept());  // the dead connection or none
    const RawTcp next(listener.local_address().port());
    EXPECT_NO_THROW(accept_one(listener));
}

TEST(TcpListener, ListensOnIpv6) {
    if (!has_ipv6()) GTEST_SKIP() << "no ::1 here";
    TcpListener listener("::1", 0);
    const std::uint16_t port = listener.local_address().port();
    EXPECT_EQ(listener.local_address().to_string(), "[::1]:" + std::to_string(port));
    TcpStream client = TcpStream::connect("::1", port);
    TcpStream server = accept_one(listener);
    EXPECT_EQ(client.peer_name(), "[::1]:" + std::to_string(port));
    client.write_all(as_bytes("six"), soon());
    std::array<std::byte, 3> buffer;
    EXPECT_TRUE(read_exact(server, buffer, soon()));
    EXPECT_EQ(as_text(buffer), "six");
}

TEST(TcpConnect, NamesTheAddressThatRefuses) {
    const DeadPort dead(SOCK_STREAM);
    EXPECT_EQ(thrown<SystemError>([&] { TcpStream::connect("127.0.0.1", dead.port()); }),
              "connect " + local(dead.port()) + ": Connection refused");
}

TEST(TcpConnect, TriesEveryAddressOfAName) {
    TcpListener listener("127.0.0.1", 0);
    const TcpStream client = TcpStream::connect("localhost", listener.local_address().port());
    EXPECT_EQ(client.peer_name(), local(listener.local_address().port()));
}

TEST(TcpConnect, GivesUpAfterItsTimeout) {
    // Where the queue of a listener is full, the kernel drops what asks for a connection.
    const FileDescriptor full(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const Address any = Address::resolve("127.0.0.1", 0, SOCK_STREAM).front();
    check(::bind(full.get(), any.get(), any.size()), "bind");
    check(::listen(full.get(), 0), "listen");
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    check(::getsockname(full.get(), address, &size), "getsockname");
    const std::uint16_t port = Address(address, size).port();

    std::vector<TcpStream> queued;
    const auto fill_the_queue = [&] {
        for (int i = 0; i < 10; ++i) {
            queued.push_back(TcpStream::connect("127.0.0.1", port, milliseconds(100)));
        }
    };
    EXPECT_EQ(thrown<TimeoutError>(fill_the_queue), "connect " + local(port) + ": no answer");
}

TEST_F(TcpStreamTest, IsSetUpAtBothEnds) {
    for (const TcpStream* one : {&stream, &peer.stream()}) {
        EXPECT_TRUE(closes_on_exec(one->descriptor()));
        EXPECT_TRUE(blocking(one->descriptor()));
        EXPECT_NE(option(one->descriptor(), IPPROTO_TCP, TCP_NODELAY), 0);
    }
    EXPECT_TRUE(closes_on_exec(listener.descriptor()));
    EXPECT_NE(option(listener.descriptor(), SOL_SOCKET, SO_REUSEADDR), 0);
    EXPECT_EQ(stream.peer_name(), stream.peer().to_string());
    EXPECT_EQ(peer.stream().peer(), listener.local_address());
}

TEST_F(TcpStreamTest, ReadsWhatIsThereThenTheEnd) {
    EXPECT_EQ(stream.read_some(buffer, kPast), std::nullopt);
    peer.send("hello");
    ASSERT_EQ(stream.read_some(buffer, soon()), 5u);
    EXPECT_EQ(received(5), "hello");
    peer.half_close();
    EXPECT_EQ(stream.read_some(buffer, soon()), 0u);
    EXPECT_EQ(stream.read_some(buffer, soon()), 0u);
}

// As it is while another thread sends a file over the same connection.
TEST_F(TcpStreamTest, WaitsWithoutSpinningWhileTheSocketIsNonblocking) {
    set_nonblocking(stream.descriptor(), true);
    timespec used{};
    std::thread reader([&] {
        EXPECT_EQ(stream.read_some(buffer), 5u);
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    });
    ::poll(nullptr, 0, 200);  // time in which it could spin
    peer.send("hello");
    reader.join();
    EXPECT_LT(used.tv_sec * 1000 + used.tv_nsec / 1'000'000, 30) << "milliseconds of computing";
}

TEST_F(TcpStreamTest, ReportsAReset) {
    peer.reset();
    EXPECT_EQ(thrown<SystemError>([&] { static_cast<void>(stream.read_some(buffer, soon())); }),
              "recv " + stream.peer_name() + ": Connection reset by peer");
}

TEST_F(TcpStreamTest, WritesMoreThanTheKernelHolds) {
    constexpr std::uint64_t kSeed = 1;
    const std::string sent = random_bytes(20'000'000, kSeed);
    std::string received;
    std::thread reader([&] { received = peer.read_exact(sent.size()); });
    stream.write_all(as_bytes(sent), soon());
    reader.join();
    EXPECT_TRUE(same_bytes(received, sent));
}

TEST_F(TcpStreamTest, WritesNothingForNoBytes) {
    stream.write_all({}, kPast);
    EXPECT_EQ(stream.write_some({}), 0u);
}

TEST_F(TcpStreamTest, NeverBlocksInWriteSome) {
    const std::vector<std::byte> block(65536);
    std::size_t total = 0;
    std::size_t written = 0;
    do {
        written = stream.write_some(block);
        total += written;
    } while (written > 0 && total < std::size_t{1} << 30);
    EXPECT_EQ(written, 0u);
    EXPECT_EQ(peer.read_exact(total).size(), total);
    ASSERT_TRUE(wait_writable(stream.descriptor().get(), soon()));
    EXPECT_GT(stream.write_some(block), 0u);
}

TEST_F(TcpStreamTest, GivesUpOnAPeerThatDoesNotRead) {
    fill();
    const std::vector<std::byte> block(10'000'000);
    EXPECT_EQ(thrown<TimeoutError>([&] { stream.write_all(block, deadline_in(milliseconds(20))); }),
              "send " + stream.peer_name() + ": the peer does not read");
}

TEST_F(TcpStreamTest, ReportsAWriteToAPeerThatIsGoneAndDoesNotDieOfSigpipe) {
    const auto saved = ::signal(SIGPIPE, SIG_DFL);
    peer.reset();
    const std::string what = thrown<SystemError>([&] {
        const TimePoint deadline = soon();
        while (Clock::now() < deadline) stream.write_all(as_bytes("anyone?"), deadline);
    });
    EXPECT_TRUE(what.starts_with("send " + stream.peer_name() + ": ")) << what;
    EXPECT_THROW(static_cast<void>(stream.write_some(as_bytes("still?"))), SystemError);
    ::signal(SIGPIPE, saved);
}

TEST_F(TcpStreamTest, HalfClosesForWriting) {
    stream.write_all(as_bytes("last"), soon());
    stream.shutdown_write();
    EXPECT_EQ(peer.read_to_end(), "last");
    peer.send("and yet");
    ASSERT_EQ(stream.read_some(buffer, soon()), 7u);
    EXPECT_EQ(received(7), "and yet");
}

TEST_F(TcpStreamTest, LosesNothingInAGracefulClose) {
    peer.send("a request that nobody reads");
    ASSERT_TRUE(wait_readable(stream.descriptor().get(), soon()));
    stream.write_all(as_bytes("ERROR refused\n"), soon());
    std::thread closer([&] { stream.close_gracefully(soon()); });
    peer.send("and more of it");
    peer.half_close();
    EXPECT_EQ(peer.read_to_end(), "ERROR refused\n");
    closer.join();
    EXPECT_TRUE(stream.descriptor().valid());  // its number is not free before the stream is gone
}

TEST_F(TcpStreamTest, EndsAGracefulCloseAtTheDeadline) {
    const TimePoint deadline = deadline_in(milliseconds(20));
    stream.close_gracefully(deadline);  // the peer keeps its end open
    EXPECT_GE(Clock::now(), deadline);
}

TEST_F(TcpStreamTest, EndsAGracefulCloseAtTheDeadlineWhateverAPeerSends) {
    std::atomic<bool> over{false};
    std::thread flooder([&] {
        while (!over)
            static_cast<void>(peer.stream().write_some(as_bytes(std::string(65536, 'x'))));
    });
    const TimePoint start = Clock::now();
    stream.close_gracefully(deadline_in(milliseconds(50)));
    EXPECT_LT(Clock::now() - start, seconds(5) * slowdown());
    over = true;
    flooder.join();
}

TEST_F(TcpStreamTest, EndsAGracefulCloseOfADeadConnection) {
    peer.reset();
    stream.close_gracefully(deadline_in(kPatience));
}

TEST(SetOption, ReportsWhatTheSocketDoesNotHave) {
    const Pipe pipe = make_pipe();
    EXPECT_EQ(thrown<SystemError>([&] { set_option(pipe.read_end, SOL_SOCKET, SO_RCVBUF, 1); }),
              "setsockopt: Socket operation on non-socket");
}

}  // namespace
}  // namespace netlab::testing
