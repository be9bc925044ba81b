// SPDX-License-Identifier: MIT
//
// Pieces in any order, holes and their ages: no clock, no socket.
#include "problem4/jitter_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/files.hpp"

namespace netlab::problem4 {
namespace {

// What became of a piece.
enum class Arrival { fresh, recovered, duplicate, late, refused };

Arrival add_to(JitterBuffer& buffer, std::uint64_t offset, Bytes payload, TimePoint now) {
    const JitterBuffer::Counts before = buffer.counts();
    buffer.add(offset, payload, now);
    const JitterBuffer::Counts& after = buffer.counts();
    if (after.recovered > before.recovered) return Arrival::recovered;
    if (after.received > before.received) return Arrival::fresh;
    if (after.late > before.late) return Arrival::late;
    return after.duplicate > before.duplicate ? Arrival::duplicate : Arrival::refused;
}

constexpr Duration kGrace = milliseconds(20);
constexpr Duration kRetry = milliseconds(60);
constexpr std::size_t kMaxRanges = 50;

class JitterBufferTest : public ::testing::Test {
  protected:
    Arrival add(std::uint64_t offset, std::uint64_t length) {
        return add_to(buffer_, offset, as_bytes(media_).subspan(offset, length), now_);
    }
    std::uint64_t give_up_hole() {
        const std::uint64_t before = buffer_.counts().abandoned;
        buffer_.give_up_hole(now_);
        return buffer_.counts().abandoned - before;
    }
    std::vector<ByteRange> take_missing() {
        return buffer_.take_missing(now_, kGrace, kRetry, kMaxRanges);
    }
    std::string read_all() {
        std::string all;
        while (!buffer_.front().empty()) {
            all += as_text(buffer_.front());
            buffer_.consume(buffer_.front().size());
        }
        return all;
    }
    // Time passes; the server is asked for what is missing all along.
    void pass(Duration time) {
        for (const TimePoint end = now_ + time; now_ < end;) {
            now_ = std::min(end, now_ + milliseconds(50));
            static_cast<void>(take_missing());
        }
    }
    // The hole 100'000..101'000, with everything before it read.
    void make_hole_behind_the_head() {
        add(0, 100'000);
        add(101'000, 1'000);
        read_all();
    }

    const std::string media_ = testing::random_bytes(200'000, 4);
    TimePoint now_ = TimePoint{} + seconds(100);
    JitterBuffer buffer_{{.size = 200'000}};
};

using Ranges = std::vector<ByteRange>;

TEST_F(JitterBufferTest, GivesPiecesInOrderAtOnce) {
    EXPECT_TRUE(buffer_.front().empty());
    EXPECT_EQ(add(0, 1'500), Arrival::fresh);
    EXPECT_EQ(add(1'500, 1'200), Arrival::fresh);
    EXPECT_EQ(buffer_.contiguous(), 2'700U);
    EXPECT_EQ(read_all(), media_.substr(0, 2'700));
    EXPECT_EQ(buffer_.read(), 2'700U);
}

TEST_F(JitterBufferTest, IsReadInPartsOfAnySize) {
    add(0, 1'000);
    buffer_.consume(1);
    EXPECT_EQ(as_text(buffer_.front()), media_.substr(1, 999));
    buffer_.consume(999);
    EXPECT_TRUE(buffer_.front().empty());
}

TEST_F(JitterBufferTest, WaitsForAPieceThatWasOvertaken) {
    add(1'000, 1'000);
    EXPECT_TRUE(buffer_.front().empty());
    EXPECT_EQ(buffer_.contiguous(), 0U);
    EXPECT_EQ(add(0, 1'000), Arrival::fresh);
    EXPECT_EQ(read_all(), media_.substr(0, 2'000));
    EXPECT_EQ(buffer_.counts().lost, 0U);
}

TEST_F(JitterBufferTest, AsksForAHoleAfterTheGraceAndAgainAfterTheRetry) {
    add(0, 1'000);
    add(3'000, 1'000);
    now_ += kGrace - milliseconds(1);
    EXPECT_EQ(take_missing(), Ranges{});
    now_ += milliseconds(1);
    EXPECT_EQ(take_missing(), (Ranges{{1'000, 2'000}}));
    now_ += kRetry - milliseconds(1);
    EXPECT_EQ(take_missing(), Ranges{});
    now_ += milliseconds(1);
    EXPECT_EQ(take_missing(), (Ranges{{1'000, 2'000}}));
    EXPECT_EQ(buffer_.counts().lost, 2'000U) << "counted once";
}

TEST_F(JitterBufferTest, AsksOnlyForWhatIsStillMissingOfAHole) {
    add(5'000, 1'000);
    now_ += kGrace;
    EXPECT_EQ(take_missing(), (Ranges{{0, 5'000}}));
    now_ += milliseconds(30);
    EXPECT_EQ(add(2'000, 1'500), Arrival::recovered);
    now_ += milliseconds(30);
    EXPECT_EQ(take_missing(), Ranges{}) << "the server is at it";
    now_ += milliseconds(30);
    EXPECT_EQ(take_missing(), (Ranges{{0, 2'000}, {3'500, 1'500}}));
    EXPECT_EQ(add(0, 2'000), Arrival::recovered);
    EXPECT_EQ(add(3'500, 1'500), Arrival::recovered);
    EXPECT_EQ(read_all(), media_.substr(0, 6'000));
}

TEST_F(JitterBufferTest, AsksForTheLowestHolesFirstAndNotForTooMany) {
    for (std::uint64_t i = 1; i <= 10; ++i) add(i * 2'000, 1'000);
    now_ += kGrace;
    const Ranges first = buffer_.take_missing(now_, kGrace, kRetry, 3);
    EXPECT_EQ(first, (Ranges{{0, 2'000}, {3'000, 1'000}, {5'000, 1'000}}));
    const Ranges next = buffer_.take_missing(now_, kGrace, kRetry, 3);
    EXPECT_EQ(next, (Ranges{{7'000, 1'000}, {9'000, 1'000}, {11'000, 1'000}}));
}

TEST_F(JitterBufferTest, HearsOfALostTailFromTheServer) {
    add(0, 1'000);
    buffer_.expect(200'000, now_);
    EXPECT_EQ(buffer_.contiguous(), 1'000U);
    now_ += kGrace;
    EXPECT_EQ(take_missing(), (Ranges{{1'000, 199'000}}));
    add(1'000, 199'000);
    EXPECT_TRUE(buffer_.complete());
}

TEST_F(JitterBufferTest, ExpectsNothingBehindTheEnd) {
    buffer_.expect(UINT64_MAX, now_);
    now_ += kGrace;
    EXPECT_EQ(take_missing(), (Ranges{{0, 200'000}}));
}

TEST_F(JitterBufferTest, TellsDuplicatesOfWhatIsHeldAndOfWhatWasRead) {
    add(0, 1'000);
    EXPECT_EQ(add(0, 1'000), Arrival::duplicate);
    read_all();
    EXPECT_EQ(add(0, 1'000), Arrival::duplicate);
    add(2'000, 1'000);
    EXPECT_EQ(add(2'000, 1'000), Arrival::duplicate);
    EXPECT_TRUE(buffer_.front().empty());
}

TEST_F(JitterBufferTest, PutsOverlappingPiecesTogether) {
    add(1'000, 1'000);
    add(3'000, 1'000);
    EXPECT_EQ(add(500, 4'000), Arrival::fresh);
    EXPECT_EQ(add(0, 2'000), Arrival::fresh);
    EXPECT_EQ(read_all(), media_.substr(0, 4'500));
}

TEST_F(JitterBufferTest, RefusesWhatLiesOutsideTheMedia) {
    const std::string piece(1'000, 'x');
    EXPECT_EQ(add_to(buffer_, 199'001, as_bytes(piece), now_), Arrival::refused);
    EXPECT_EQ(add_to(buffer_, 200'001, as_bytes(piece), now_), Arrival::refused);
    EXPECT_EQ(add_to(buffer_, UINT64_MAX - 10, as_bytes(piece), now_), Arrival::refused);
    EXPECT_EQ(add_to(buffer_, 0, {}, now_), Arrival::refused);
    EXPECT_EQ(buffer_.contiguous(), 0U);
    EXPECT_EQ(take_missing(), Ranges{});
}

TEST_F(JitterBufferTest, KeepsNoMoreThanItsCapacity) {
    buffer_ = JitterBuffer({.size = 200'000, .capacity = 10'000});
    EXPECT_EQ(add(9'000, 1'000), Arrival::fresh);
    EXPECT_EQ(add(9'500, 1'000), Arrival::refused);
    buffer_.expect(50'000, now_);
    now_ += kGrace;
    EXPECT_EQ(take_missing(), (Ranges{{0, 9'000}}));
    add(0, 9'000);
    read_all();
    EXPECT_EQ(add(10'000, 10'000), Arrival::fresh);
}

TEST_F(JitterBufferTest, GivesUpAHoleOnlyWhenItIsOlderThanTheLatency) {
    make_hole_behind_the_head();
    pass(seconds(2) - milliseconds(1));
    EXPECT_EQ(give_up_hole(), 0U);
    pass(milliseconds(1));
    EXPECT_EQ(give_up_hole(), 1'000U);
    EXPECT_EQ(read_all(), std::string(1'000, '\0') + media_.substr(101'000, 1'000));
    EXPECT_EQ(add(100'000, 1'000), Arrival::late);
    EXPECT_EQ(add(101'000, 1'000), Arrival::duplicate);
}

// As with more holes than a report has room for.
TEST_F(JitterBufferTest, GivesUpNothingThatItHasNotAskedFor) {
    make_hole_behind_the_head();
    now_ += seconds(5);
    EXPECT_EQ(give_up_hole(), 0U);
    EXPECT_EQ(take_missing(), (Ranges{{100'000, 1'000}}));
    EXPECT_EQ(give_up_hole(), 1'000U);
}

TEST_F(JitterBufferTest, GivesUpNothingWhileThereIsSomethingToRead) {
    make_hole_behind_the_head();
    add(103'000, 1'000);
    pass(seconds(10));
    add(100'000, 1'000);
    EXPECT_EQ(give_up_hole(), 0U) << "the player has 2000 bytes to read";
    read_all();
    EXPECT_EQ(give_up_hole(), 1'000U);
}

TEST_F(JitterBufferTest, NeverGivesUpTheHead) {
    add(0, 65'000);
    add(66'000, 1'000);
    read_all();
    pass(seconds(60));
    EXPECT_EQ(give_up_hole(), 0U) << "byte 65 000 is one of the first 65 536";
}

TEST_F(JitterBufferTest, GivesUpNothingOfACopy) {
    buffer_ = JitterBuffer({.size = 200'000, .copy = true});
    make_hole_behind_the_head();
    pass(seconds(60));
    EXPECT_EQ(give_up_hole(), 0U);
}

TEST_F(JitterBufferTest, GivesUpOneHoleAtATime) {
    make_hole_behind_the_head();
    pass(seconds(1));
    add(103'000, 1'000);
    pass(seconds(1));
    EXPECT_EQ(give_up_hole(), 1'000U);
    read_all();
    EXPECT_EQ(buffer_.read(), 102'000U);
    EXPECT_EQ(give_up_hole(), 0U) << "the second one is younger";
}

// Random pieces in random order, twice: what comes out is what went in.
TEST_F(JitterBufferTest, RestoresAnyOrder) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Ranges pieces;
        for (std::uint64_t offset = 0; offset < media_.size();) {
            const std::uint64_t size =
                std::min<std::uint64_t>(1'000 + random() % 1'001, media_.size() - offset);
            pieces.insert(pieces.end(), 2, {offset, size});
            offset += size;
        }
        std::shuffle(pieces.begin(), pieces.end(), random);

        JitterBuffer buffer({.size = media_.size()});
        std::string all;
        for (const ByteRange& piece : pieces) {
            const Bytes payload = as_bytes(media_).subspan(piece.offset, piece.length);
            buffer.add(piece.offset, payload, now_);
            while (!buffer.front().empty()) {
                all += as_text(buffer.front());
                buffer.consume(buffer.front().size());
            }
        }
        EXPECT_TRUE(testing::same_bytes(all, media_));
        EXPECT_EQ(buffer.counts().received, media_.size());
        EXPECT_EQ(buffer.counts().duplicate, media_.size());
        EXPECT_TRUE(buffer.complete());
    }
}

}  // namespace
}  // namespace netlab::problem4
