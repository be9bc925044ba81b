// SPDX-License-Identifier: MIT
#include "problem4/sip_hash.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace netlab::problem4 {
namespace {

// The vectors of the authors' reference implementation (vectors.h): key 00 01 .. 0f, input 00 01 ..
TEST(SipHash, ComputesWhatItsAuthorsDo) {
    constexpr HashKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::vector<std::byte> input;
    EXPECT_EQ(sip_hash(kKey, input), 0x726fdb47dd0e0e31U);
    input.push_back(std::byte{0});
    EXPECT_EQ(sip_hash(kKey, input), 0x74f839c593dc67fdU);
    for (int next = 1; next < 15; ++next) input.push_back(static_cast<std::byte>(next));
    EXPECT_EQ(sip_hash(kKey, input), 0xa129ca6149be45e5U);
}

}  // namespace
}  // namespace netlab::problem4
