// SPDX-License-Identifier: MIT
#include "common/socket.hpp"

#include <gtest/gtest.h>

#include <list>

#include "common/error.hpp"
#include "tests/support/raw.hpp"

namespace netlab::testing {
namespace {

class LingeringStreamsTest : public ::testing::Test {
  protected:
    TcpStream connect() {
        peers.emplace_back(listener.local_address().port());
        return accept_one(listener);
    }

    TcpListener listener{"127.0.0.1", 0};
    std::list<RawTcp> peers;
    LingeringStreams lingering;
    const TimePoint start{seconds(1000)};
};

TEST_F(LingeringStreamsTest, HalfClosesAndReadsOnSoThatTheLastWordArrives) {
    TcpStream stream = connect();
    peers.front().send("unread");
    ASSERT_TRUE(wait_readable(stream.descriptor().get(), deadline_in(kPatience)));
    stream.write_all(as_bytes("ERROR full\n"), kNever);
    lingering.add(std::move(stream), start);
    peers.front().send("and more");
    lingering.drain(start + milliseconds(20));
    EXPECT_EQ(peers.front().read_to_end(), "ERROR full\n");
}

TEST_F(LingeringStreamsTest, IsOverWhenThePeerHasClosed) {
    lingering.add(connect(), start);
    EXPECT_NE(lingering.next_deadline(), kNever);
    lingering.drain(lingering.next_deadline());
    EXPECT_NE(lingering.next_deadline(), kNever);
    peers.front().half_close();
    const TimePoint give_up = give_up_after(kPatience);
    while (lingering.next_deadline() != kNever && Clock::now() < give_up) {
        lingering.drain(start + milliseconds(500));
        lingering.drain(start + milliseconds(600));
    }
    EXPECT_EQ(lingering.next_deadline(), kNever);
}

TEST_F(LingeringStreamsTest, IsOverAfterASecondWhateverThePeerDoes) {
    lingering.add(connect(), start);
    lingering.drain(start + milliseconds(999));
    EXPECT_NE(lingering.next_deadline(), kNever);
    lingering.drain(start + milliseconds(1010));
    EXPECT_EQ(lingering.next_deadline(), kNever);
    EXPECT_EQ(peers.front().read_to_end(), "");
}

TEST_F(LingeringStreamsTest, KeepsSixtyFourOfThem) {
    for (int i = 0; i < 65; ++i) {
        TcpStream stream = connect();
        peers.back().send("unread");
        ASSERT_TRUE(wait_readable(stream.descriptor().get(), deadline_in(kPatience)));
        lingering.add(std::move(stream), start);
    }
    // The first had to go, with what it had sent unread: a reset.
    EXPECT_THROW(peers.front().send("x"), SystemError);
    peers.back().send("x");
}

}  // namespace
}  // namespace netlab::testing
