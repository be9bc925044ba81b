// SPDX-License-Identifier: MIT
#include "problem1/frame_stream.hpp"

#include <gtest/gtest.h>

#include "common/error.hpp"
#include "tests/common/loopback.hpp"

namespace netlab::problem1 {
namespace {

using namespace netlab::testing;

struct FrameStreamTest : ::testing::Test {
    Loopback pair;
    ImpairmentSpec none;
    Tracer tracer;
    FrameStream stream{pair.stream, none, tracer};
};

// selective_repeat once chose "no deadline" because output waited, and then the output went out at
// once: 67 of 751 transfers hung for ever.
TEST_F(FrameStreamTest, WaitsNoLongerThanTheDeadlineWhereAllOutputHasGoneAtOnce) {
    stream.send({FrameType::ack, 1, 1, {}});
    ASSERT_GT(stream.unsent(), 0U);
    const TimePoint begin = Clock::now();
    EXPECT_TRUE(stream.wait(begin + milliseconds(20)));
    EXPECT_EQ(stream.unsent(), 0U);
    EXPECT_GE(Clock::now(), begin + milliseconds(20));
    EXPECT_LT(Clock::now(), begin + seconds(20)) << "the deadline after the write counts";
}

TEST_F(FrameStreamTest, DropsADamagedFrameAndGoesOnWithTheNextOne) {
    auto bytes = encoded({FrameType::ack, 1, 1, {}});
    bytes.back() ^= std::byte{1};
    const auto good = encoded({FrameType::ack, 1, 2, {}});
    bytes.insert(bytes.end(), good.begin(), good.end());
    pair.peer.send(as_text(bytes));
    const auto frame = stream.receive(soon());
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->sequence, 2U);
}

TEST_F(FrameStreamTest, SaysThatThePeerHasClosed) {
    pair.peer.close();
    EXPECT_THROW(static_cast<void>(stream.receive(kNever)), ProtocolError);
}

}  // namespace
}  // namespace netlab::problem1
