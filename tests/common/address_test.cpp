// SPDX-License-Identifier: MIT
#include "common/address.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <unordered_map>

#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

Address address_of(const std::string& host, std::uint16_t port) {
    return Address::resolve(host, port, SOCK_STREAM).front();
}

template <typename Sockaddr>
Address from(const Sockaddr& raw) {
    return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

TEST(Address, IsUnspecifiedByDefault) {
    EXPECT_EQ(Address().to_string(), "0.0.0.0:0");
    EXPECT_EQ(Address().family(), AF_INET);
}

TEST(Address, PrintsIpv4PlainAndIpv6InBrackets) {
    EXPECT_EQ(address_of("127.0.0.1", 7101).to_string(), "127.0.0.1:7101");
    EXPECT_EQ(address_of("::1", 7101).to_string(), "[::1]:7101");
    EXPECT_EQ(address_of("::", 0).to_string(), "[::]:0");
}

TEST(Address, TakesAnIpv6LiteralInBracketsToo) {
    EXPECT_EQ(address_of("[::1]", 80), address_of("::1", 80));
    EXPECT_EQ(address_of("[2001:db8::17]", 443).to_string(), "[2001:db8::17]:443");
}

TEST(Address, KeepsEveryPort) {
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 1, 255, 256, 65535}) {
        EXPECT_EQ(address_of("127.0.0.1", port).port(), port);
        EXPECT_EQ(address_of("::1", port).port(), port);
    }
}

TEST(Address, ResolvesANameToAddressesThatAllHaveThePort) {
    const auto all = Address::resolve("localhost", 7101, SOCK_DGRAM);
    ASSERT_FALSE(all.empty());
    for (const Address& one : all) {
        EXPECT_EQ(one.port(), 7101);
        EXPECT_TRUE(one.family() == AF_INET || one.family() == AF_INET6);
    }
}

TEST(Address, NamesTheHostThatCannotBeResolved) {
    // No label of a name is this long (RFC 1035, 2.3.4), so that no name server needs to be asked.
    const std::string host(300, 'x');
    const std::string what =
        thrown<std::runtime_error>([&] { Address::resolve(host, 1, SOCK_STREAM); });
    EXPECT_EQ(what.substr(0, 10 + host.size()), "resolve " + host + ": ");
}

TEST(Address, IsEqualWhereFamilyHostAndPortAre) {
    const Address one = address_of("127.0.0.1", 7101);
    EXPECT_EQ(one, address_of("127.0.0.1", 7101));
    EXPECT_EQ(one.hash(), address_of("127.0.0.1", 7101).hash());
    EXPECT_NE(one, address_of("127.0.0.1", 7102));
    EXPECT_NE(one, address_of("127.0.0.2", 7101));
    EXPECT_NE(one, address_of("::ffff:127.0.0.1", 7101));
    EXPECT_NE(address_of("::1", 7101), address_of("::2", 7101));
    EXPECT_NE(address_of("::1", 7101), address_of("::1", 7102));
    EXPECT_NE(address_of("0.0.0.0", 0), address_of("::", 0));
}

TEST(Address, DoesNotCountPaddingAndFlowLabel) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(7101);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memset(v4.sin_zero, 0xAB, sizeof v4.sin_zero);
    EXPECT_EQ(from(v4), address_of("127.0.0.1", 7101));
    EXPECT_EQ(from(v4).hash(), address_of("127.0.0.1", 7101).hash());

    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(7101);
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_flowinfo = htonl(12345);
    EXPECT_EQ(from(v6), address_of("::1", 7101));
    EXPECT_EQ(from(v6).hash(), address_of("::1", 7101).hash());
}

TEST(Address, TellsIpv6ScopesApart) {
    sockaddr_in6 one{};
    one.sin6_family = AF_INET6;
    one.sin6_scope_id = 1;
    sockaddr_in6 two = one;
    two.sin6_scope_id = 2;
    EXPECT_NE(from(one), from(two));
}

TEST(Address, IsAKeyOfUnorderedContainers) {
    std::unordered_map<Address, int> numbers;
    for (int i = 0; i < 1000; ++i) {
        numbers[address_of(i % 2 == 0 ? "127.0.0.1" : "::1", static_cast<std::uint16_t>(i))] = i;
    }
    ASSERT_EQ(numbers.size(), 1000u);
    EXPECT_EQ(numbers.at(address_of("127.0.0.1", 500)), 500);
    EXPECT_EQ(numbers.at(address_of("::1", 501)), 501);
}

TEST(Address, RefusesASocketAddressThatIsTooLong) {
    struct TooLong {
        sockaddr_in6 storage{};
        char more = 0;
    };
    EXPECT_THROW(from(TooLong{}), std::invalid_argument);
}

TEST(Address, PrintsAFamilyItDoesNotKnowWithoutFailing) {
    sockaddr_in6 strange{};
    strange.sin6_family = AF_UNIX;
    EXPECT_FALSE(from(strange).to_string().empty());
    EXPECT_NE(from(strange), Address());
}

}  // namespace
}  // namespace netlab::testing
