// SPDX-License-Identifier: MIT
#include "problem4/session.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/problem4/zero_media.hpp"

namespace netlab::problem4 {
namespace {

constexpr TimePoint kBegin{seconds(1000)};
constexpr auto kTick = milliseconds(5);

struct Sent {
    std::uint32_t sequence = 0;
    ByteRange range;
};

// A session whose clock and network are ours. Its client takes all that comes, unless told
// otherwise.
struct Stream {
    explicit Stream(std::uint64_t size, std::uint64_t seed = 1, MediaTime duration = seconds(10),
                    const Pacer::Plan& plan = {})
        : session(zero_media(size, duration), plan, seed, kBegin) {}

    // What send_due() and take() send.
    Session::Send sink() {
        return [this](const Body& body) {
            if (const auto* data = std::get_if<Data>(&body)) {
                sent.push_back({data->sequence, {data->offset, data->payload.size()}});
            } else {
                alive.push_back(std::get<Alive>(body));
            }
        };
    }

    void report(std::uint64_t contiguous, std::uint64_t consumed,
                std::vector<ByteRange> missing = {}, std::uint8_t flags = 0) {
        session.on_report({++reports, contiguous, consumed, flags, std::move(missing)}, now,
                          sink());
    }

    void tick(Duration time = kTick) {
        for (const TimePoint end = now + time; now < end;) {
            now += kTick;
            session.send_due(now, sink());
        }
    }

    // A client that loses nothing and consumes at once, until everything has come.
    void run_to_the_end() {
        for (int round = 0; round < 100'000 && !session.complete(); ++round) {
            const std::uint64_t has = sent.empty() ? 0 : end_of(sent.back());
            report(has, has);
            tick(milliseconds(50));
        }
    }

    static std::uint64_t end_of(const Sent& piece) {
        return piece.range.offset + piece.range.length;
    }

    Session session;
    TimePoint now = kBegin;
    std::uint32_t reports = 0;
    std::vector<Sent> sent;
    std::vector<Alive> alive;
};

TEST(Session, SendsNothingBeforeTheFirstReport) {
    Stream stream(1'000'000);
    stream.tick(seconds(1));
    EXPECT_TRUE(stream.sent.empty());
    stream.report(0, 0);
    EXPECT_TRUE(stream.sent.empty()) << "only send_due() sends data";
    stream.tick();
    EXPECT_FALSE(stream.sent.empty());
}

TEST(Session, SendsTheWholeClipInOrderInPiecesOf1000To2000Bytes) {
    Stream stream(1'000'001);
    stream.run_to_the_end();
    ASSERT_TRUE(stream.session.complete());
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < stream.sent.size(); ++i) {
        const Sent& piece = stream.sent[i];
        EXPECT_EQ(piece.sequence, i);
        EXPECT_EQ(piece.range.offset, offset);
        EXPECT_LE(piece.range.length, kMaxPayload);
        const bool last = i + 1 == stream.sent.size();
        EXPECT_GE(piece.range.length, last ? 1 : kMinPayload);
        offset += piece.range.length;
    }
    EXPECT_EQ(offset, 1'000'001U);
}

// Pearson's test: with 1001 sizes, the statistic has 1000 degrees of freedom, so a mean of 1000 and
// a standard deviation of 44.7. Too even a distribution is as suspect as too uneven a one.
TEST(Session, DrawsPayloadSizesUniformlyFrom1000To2000) {
    Stream stream(90'000'000, 7);
    stream.run_to_the_end();
    ASSERT_TRUE(stream.session.complete());
    std::map<std::uint64_t, double> counts;
    for (const Sent& piece : stream.sent) counts[piece.range.length] += 1;
    counts[stream.sent.back().range.length] -= 1;  // the last one may be shorter

    const double expected = static_cast<double>(stream.sent.size() - 1) / 1001;
    ASSERT_GT(expected, 50);
    double statistic = 0;
    for (std::uint64_t size = kMinPayload; size <= kMaxPayload; ++size) {
        const double difference = counts[size] - expected;
        statistic += difference * difference / expected;
    }
    EXPECT_LT(statistic, 1000 + 4 * 44.7);
    EXPECT_GT(statistic, 1000 - 4 * 44.7);
}

TEST(Session, DrawsTheSameSizesForTheSameSeedAndOthersForAnother) {
    const auto first_length = [](std::uint64_t seed) {
        Stream stream(10'000'000, seed);
        stream.report(0, 0);
        stream.tick();
        std::vector<std::uint64_t> lengths;
        for (const Sent& piece : stream.sent) lengths.push_back(piece.range.length);
        return lengths;
    };
    EXPECT_EQ(first_length(1), first_length(1));
    EXPECT_NE(first_length(1), first_length(2));
}

TEST(Session, SendsAClipOfOneByteAndOneOf999BytesWhole) {
    for (const std::uint64_t size : {1U, 999U}) {
        Stream stream(size);
        stream.run_to_the_end();
        ASSERT_EQ(stream.sent.size(), 1U);
        EXPECT_EQ(stream.sent[0].range, (ByteRange{0, size}));
    }
}

TEST(Session, SendsWhatIsMissingAgainWithItsNumberAndBoundaries) {
    Stream stream(1'000'000);
    stream.report(0, 0);
    stream.tick(milliseconds(100));
    const auto before = stream.sent;
    ASSERT_GT(before.size(), 5U);
    const Sent lost = before[3];
    stream.report(lost.range.offset, 0, {{lost.range.offset + 1, 5}});
    stream.tick();
    ASSERT_GT(stream.sent.size(), before.size());
    EXPECT_EQ(stream.sent[before.size()].sequence, 3U) << "before anything new";
    EXPECT_EQ(stream.sent[before.size()].range, lost.range);
}

TEST(Session, SendsAgainOnceWhatARangeTouchesAndHasNotArrived) {
    Stream stream(1'000'000);
    stream.report(0, 0);
    stream.tick(milliseconds(100));
    const auto before = stream.sent;
    ASSERT_GT(before.size(), 5U);
    const auto again = [&](std::uint64_t contiguous, const std::vector<ByteRange>& missing) {
        stream.sent.clear();
        stream.report(contiguous, 0, missing);
        stream.tick();
        std::vector<std::uint32_t> old;
        for (const Sent& piece : stream.sent) {
            if (piece.sequence < before.size()) old.push_back(piece.sequence);
        }
        return old;
    };
    using Sequences = std::vector<std::uint32_t>;
    const std::uint64_t second = Stream::end_of(before[0]);
    const std::uint64_t third = Stream::end_of(before[1]);
    EXPECT_EQ(again(0, {{second - 1, third - second + 2}}), (Sequences{0, 1, 2}));
    EXPECT_EQ(again(0, {{second, 1}, {third - 1, 1}}), (Sequences{1}));
    EXPECT_EQ(again(0, {{INT64_MAX - 1, 1}}), Sequences{}) << "never sent";
    EXPECT_EQ(again(third - 1, {{0, third}}), (Sequences{1})) << "it has not come whole";
    EXPECT_EQ(again(third, {{0, third}}), Sequences{}) << "forgotten";
    stream.report(third, 0, {{third, 1}});
    EXPECT_EQ(again(Stream::end_of(before[2]), {}), Sequences{}) << "it has come meanwhile";
}

TEST(Session, TakesNoNoticeOfAnOldReport) {
    Stream stream(1'000'000);
    for (int i = 0; i < 3; ++i) stream.report(0, 0);
    stream.alive.clear();
    for (const std::uint32_t before : {0U, 1U, 2U}) {
        stream.reports = before;
        stream.report(0, 0, {}, Report::kEcho);
    }
    EXPECT_TRUE(stream.alive.empty());
    stream.report(0, 0, {}, Report::kEcho);
    EXPECT_EQ(stream.alive.size(), 1U);
}

TEST(Session, AnswersAReportThatAsksForItOrThatNoDataCameBefore) {
    Stream stream(100'000'000);
    stream.report(0, 0);
    ASSERT_EQ(stream.alive.size(), 1U) << "no data yet";
    EXPECT_EQ(stream.alive[0].report, 1U);
    EXPECT_EQ(stream.alive[0].sent_up_to, 0U);
    stream.tick();
    stream.report(0, 0);
    EXPECT_EQ(stream.alive.size(), 1U) << "data has come";
    stream.tick();
    stream.report(0, 0, {}, Report::kEcho);
    ASSERT_EQ(stream.alive.size(), 2U);
    EXPECT_EQ(stream.alive[1].report, 3U);
    EXPECT_EQ(stream.alive[1].sent_up_to, Stream::end_of(stream.sent.back()));
    stream.report(0, 0);
    EXPECT_EQ(stream.alive.size(), 3U) << "nothing since the last report";
}

TEST(Session, BelievesNoClientThatClaimsMoreThanItWasSent) {
    Stream stream(100'000'000, 1, seconds(10), {.latency = milliseconds(100)});
    stream.report(0, 0);
    stream.tick();
    const std::uint64_t sent = Stream::end_of(stream.sent.back());
    stream.report(INT64_MAX, UINT64_MAX, {{INT64_MAX - 1, 1}});
    EXPECT_FALSE(stream.session.complete());
    stream.tick();
    EXPECT_EQ(stream.sent[1].range.offset, stream.sent[0].range.length);
    EXPECT_GE(Stream::end_of(stream.sent.back()), sent);
    for (const Sent& piece : stream.sent) EXPECT_LE(piece.range.length, kMaxPayload);
}

TEST(Session, SendsAtTheSpeedAtWhichTheClipIsPlayed) {
    Stream stream(1'000'000);
    TimePoint half = kNever;
    while (!stream.session.complete() && stream.now < kBegin + seconds(20)) {
        const std::uint64_t has = stream.sent.empty() ? 0 : Stream::end_of(stream.sent.back());
        stream.report(has, has);
        stream.tick(milliseconds(50));
        if (has > 500'000) half = std::min(half, stream.now);
    }
    EXPECT_NEAR(to_seconds(stream.now - kBegin), (10 - 2) / 1.25, 0.2);
    EXPECT_NEAR(to_seconds(half - kBegin), (5 - 2) / 1.25, 0.2);
}

TEST(Session, ThrowsWhereTheFileHasShrunk) {
    Session session(zero_media(1'000'000, seconds(10), 2500), {}, 1, kBegin);
    session.on_report({1, 0, 0, 0, {}}, kBegin, [](const Body&) {});
    EXPECT_THROW(session.send_due(kBegin, [](const Body&) {}), std::runtime_error);
}

TEST(Session, TellsSizeDurationAndContainer) {
    const Info known = Stream(1234, 1, milliseconds(1500)).session.info();
    EXPECT_EQ(known.size, 1234U);
    EXPECT_EQ(known.duration_us, 1'500'000U);
    EXPECT_EQ(known.container, "wav");
    EXPECT_EQ(Stream(1234, 1, MediaTime{}).session.info().duration_us, 0U);
}

}  // namespace
}  // namespace netlab::problem4
