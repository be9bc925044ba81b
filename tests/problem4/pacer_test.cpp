// SPDX-License-Identifier: MIT
#include "problem4/pacer.hpp"

#include <gtest/gtest.h>

#include "problem4/packet.hpp"

namespace netlab::problem4 {
namespace {

constexpr TimePoint kStart{seconds(1000)};
constexpr std::size_t kPiece = 1000;

// Sends pieces whenever it may, in steps of a millisecond, to a player that consumes at a rate of
// its own (or at once where that is 0).
class PacedStream {
  public:
    explicit PacedStream(const Pacer::Plan& plan) : pacer_(plan, kStart) {}

    void run(Duration time, double consumption) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += milliseconds(1)) {
            while (pacer_.try_send(sent + kPiece, kPiece, now_)) sent += kPiece;
            played_ += consumption / 1000;
            const auto at_most = static_cast<double>(sent);
            played_ = consumption == 0 ? at_most : std::min(played_, at_most);
            if (now_ < next_report_) continue;
            pacer_.on_consumed(static_cast<std::uint64_t>(played_), now_);
            next_report_ = now_ + milliseconds(50);
        }
    }

    [[nodiscard]] double ahead() const { return static_cast<double>(sent) - played_; }
    [[nodiscard]] double played() const { return played_; }
    Pacer& pacer() { return pacer_; }

    std::uint64_t sent = 0;

  private:
    Pacer pacer_;
    TimePoint now_ = kStart;
    TimePoint next_report_ = kStart;
    double played_ = 0;
};

TEST(Pacer, SendsTwoSecondsOfMediaAtOnceAndThenAQuarterMoreThanIsPlayed) {
    PacedStream stream({.media_rate = 100'000});
    stream.run(milliseconds(100), 0);
    EXPECT_NEAR(static_cast<double>(stream.sent), 200'000 + 12'500, 2000);
    stream.run(milliseconds(7900), 0);
    EXPECT_NEAR(static_cast<double>(stream.sent), 200'000 + 8 * 125'000, 2000)
        << "who swallows everything at once does not get it at once";
}

TEST(Pacer, StaysAWindowAheadOfAPlayerThatReadsAsItPlays) {
    PacedStream stream({.media_rate = 100'000, .latency = seconds(2)});
    stream.run(seconds(20), 100'000);
    EXPECT_NEAR(stream.played(), 20 * 100'000, 500);
    EXPECT_NEAR(stream.ahead(), 2.5 * 100'000, 10'000);
}

TEST(Pacer, StopsWhileThePlayerIsPausedUntilMoreIsConsumed) {
    PacedStream stream({.media_rate = 100'000, .latency = seconds(2)});
    stream.run(seconds(5), 100'000);
    stream.run(seconds(60), 1);
    EXPECT_NEAR(static_cast<double>(stream.sent), 750'000, 2000);
    const TimePoint now = kStart + seconds(65);
    EXPECT_FALSE(stream.pacer().try_send(stream.sent + kPiece, kPiece, now));
    stream.pacer().on_consumed(600'000, now);
    EXPECT_TRUE(stream.pacer().try_send(stream.sent + kPiece, kPiece, now));
}

TEST(Pacer, KeepsUpWithAPlayerOfAClipWhoseRateIsUnknown) {
    for (const double rate : {8'000.0, 60'000.0, 500'000.0, 900'000.0}) {
        PacedStream stream({.latency = seconds(2)});
        stream.run(seconds(2), rate);
        const double played = stream.played();
        stream.run(seconds(10), rate);
        EXPECT_NEAR(stream.played() - played, 10 * rate, rate * 0.01 + 1) << rate;
        EXPECT_LT(stream.ahead(), 3 * rate + 64 * 1024) << "no download either";
    }
}

TEST(Pacer, KeepsToTheDefaultRateWhereNobodyKnowsABetterOne) {
    PacedStream stream({.default_rate = 50'000});
    stream.run(seconds(12), 0);
    EXPECT_NEAR(static_cast<double>(stream.sent), 14 * 50'000, 2000);
}

TEST(Pacer, SavesForTheDensePartsOfAClipWhatItsOtherPartsLeave) {
    PacedStream stream({.media_rate = 100'000, .latency = seconds(2)});
    stream.run(seconds(10), 50'000);
    const double before = stream.played();
    stream.run(seconds(7), 250'000);
    EXPECT_NEAR(stream.played() - before, 7 * 250'000, 1000);
}

TEST(Pacer, SendsABurstInStepsThatAReceiveBufferSurvives) {
    PacedStream stream({.media_rate = 2e6});
    stream.run(milliseconds(1), 0);
    EXPECT_LE(stream.sent, 33'000U);
    stream.run(milliseconds(100), 0);
    EXPECT_NEAR(static_cast<double>(stream.sent), 1e6, 100'000);
}

TEST(Pacer, LetsResendsNeitherWaitForNewPiecesNorSlowThemDown) {
    Pacer pacer({.media_rate = 100'000, .latency = seconds(2)}, kStart);
    TimePoint now = kStart;
    std::uint64_t sent = 0;
    int wanted = 0;
    for (; now < kStart + seconds(10); now += milliseconds(1)) {
        pacer.on_consumed(sent, now);
        // A quarter of everything goes again.
        for (; wanted > 0 && pacer.try_resend(kPiece, now); --wanted) continue;
        EXPECT_LE(wanted, 1);
        while (pacer.try_send(sent + kPiece, kPiece, now)) {
            sent += kPiece;
            if (sent / kPiece % 4 == 0) ++wanted;
        }
    }
    EXPECT_NEAR(static_cast<double>(sent), 200'000 + 10 * 125'000, 3000);
}

TEST(Pacer, LimitsResendsOfWhatAClientAsksForAgainAndAgain) {
    Pacer pacer({.media_rate = 100'000}, kStart);
    std::uint64_t resent = 0;
    for (TimePoint now = kStart; now < kStart + seconds(10); now += milliseconds(1)) {
        while (pacer.try_resend(kPiece, now)) resent += kPiece;
    }
    EXPECT_NEAR(static_cast<double>(resent), 200'000 + 10 * 125'000, 3000);
}

TEST(Pacer, BelievesNoAbsurdRate) {
    PacedStream crawling({.media_rate = 1e-9});
    crawling.run(seconds(10), 0);
    EXPECT_GE(crawling.sent, 10'000U);
    for (const double rate : {1e30, 250e6}) {
        Pacer racing({.media_rate = rate}, kStart);
        EXPECT_LE(racing.window(), kMaxWindow);
    }
}

}  // namespace
}  // namespace netlab::problem4
