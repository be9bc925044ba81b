// SPDX-License-Identifier: MIT
#include "common/impairment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "common/io.hpp"
#include "common/wire.hpp"
#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

using Fates = std::vector<Impairment::Fate>;
using Numbers = std::vector<std::uint64_t>;

constexpr Duration kTick{1};
constexpr Duration kHold = Impairment::kHold;

// A broken network that carries the numbers 1, 2, 3...
struct Network {
    explicit Network(std::string_view spec) : impairment(ImpairmentSpec::parse(spec)) {}

    Impairment::Fate send(std::uint64_t number, TimePoint now = kStart) {
        std::vector<std::byte> message;
        WireWriter(message).u64(number);
        return impairment.submit(message, 0, now);
    }
    Fates send_up_to(std::uint64_t last, Duration apart = {}) {
        Fates fates;
        for (std::uint64_t n = 1; n <= last; ++n) {
            fates.push_back(send(n, kStart + static_cast<int>(n - 1) * apart));
        }
        return fates;
    }
    Numbers take(TimePoint now) {
        Numbers numbers;
        for (const auto& message : impairment.take_due(now)) {
            numbers.push_back(WireReader(message).u64());
        }
        return numbers;
    }
    Numbers take_all() { return take(kNever); }

    Impairment impairment;
};

// Everything that comes out, with the time, if its user asks again exactly when next_deadline()
// says.
std::vector<std::pair<std::uint64_t, TimePoint>> play(Network& network, std::uint64_t last,
                                                      Duration apart) {
    std::vector<std::pair<std::uint64_t, TimePoint>> arrivals;
    const auto collect = [&](TimePoint until) {
        while (network.impairment.next_deadline() <= until) {
            const TimePoint now = network.impairment.next_deadline();
            for (const std::uint64_t n : network.take(now)) arrivals.emplace_back(n, now);
        }
    };
    for (std::uint64_t n = 1; n <= last; ++n) {
        const TimePoint now = kStart + static_cast<int>(n - 1) * apart;
        collect(now - kTick);
        network.send(n, now);
    }
    collect(kNever - kTick);
    return arrivals;
}

template <typename Arrivals>
std::size_t place_of(std::uint64_t number, const Arrivals& arrivals) {
    const auto at = std::find_if(arrivals.begin(), arrivals.end(),
                                 [&](const auto& one) { return one.first == number; });
    return static_cast<std::size_t>(at - arrivals.begin());
}

Numbers counting_to(std::uint64_t last) {
    Numbers numbers;
    for (std::uint64_t n = 1; n <= last; ++n) numbers.push_back(n);
    return numbers;
}

TEST(Impairment, PassesEverythingOnInOrderWhereItIsNotActive) {
    Network network("");
    EXPECT_EQ(network.impairment.next_deadline(), kNever);
    for (const auto& fate : network.send_up_to(100)) EXPECT_EQ(name_of(fate), "");
    EXPECT_EQ(network.impairment.next_deadline(), kStart);
    EXPECT_EQ(network.take(kStart), counting_to(100));
    EXPECT_EQ(network.impairment.next_deadline(), kNever);
    EXPECT_EQ(network.take_all(), Numbers{});
}

TEST(Impairment, CarriesEmptyMessages) {
    Impairment impairment(ImpairmentSpec::parse("corrupt=100%,duplicate=100%"));
    impairment.submit({}, 0, kStart);
    EXPECT_EQ(impairment.take_due(kStart), (std::vector<Impairment::Message>{{}, {}}));
}

TEST(Impairment, DropsExactlyTheChosenMessages) {
    Network network("drop=7+3+9");
    const Fates fates = network.send_up_to(10);
    EXPECT_EQ(network.take_all(), (Numbers{1, 2, 4, 5, 6, 8, 10}));
    EXPECT_EQ(name_of(fates[2]), "dropped");
    EXPECT_EQ(name_of(fates[3]), "");
}

TEST(Impairment, NamesWhatItDoesToAMessage) {
    const std::pair<const char*, const char*> cases[] = {{"corrupt=100%", "corrupted"},
                                                         {"duplicate=100%", "duplicated"},
                                                         {"reorder=100%", "delayed"},
                                                         {"delay=5ms", "delayed"},
                                                         {"seed=7", ""}};
    for (const auto& [spec, name] : cases) {
        Network network(spec);
        EXPECT_EQ(name_of(network.send(1)), name) << spec;
    }
}

TEST(Impairment, LosesAllOrNothingAtTheEndsOfItsRange) {
    Network all("loss=100%");
    all.send_up_to(1000);
    EXPECT_EQ(all.take_all(), Numbers{});
    Network nothing("loss=0,seed=3");
    nothing.send_up_to(1000);
    EXPECT_EQ(nothing.take_all().size(), 1000u);
}

TEST(Impairment, StrikesAboutAsOftenAsItSays) {
    constexpr int kMessages = 20'000;
    Network network("loss=10%,duplicate=20%,reorder=5%,corrupt=50%,seed=7");
    int lost = 0;
    int duplicated = 0;
    int delayed = 0;
    int corrupted = 0;
    for (const auto& fate : network.send_up_to(kMessages)) {
        lost += fate.dropped;
        duplicated += fate.duplicated;
        delayed += fate.delayed;
        corrupted += fate.corrupted;
    }
    EXPECT_NEAR(lost, 0.10 * kMessages, 200);
    EXPECT_NEAR(duplicated, 0.20 * kMessages, 250);
    EXPECT_NEAR(delayed, 0.05 * kMessages, 150);
    EXPECT_NEAR(corrupted, 0.50 * kMessages, 300);
}

TEST(Impairment, GivesTheSameFateForTheSameSeed) {
    const std::string spec = "loss=10%,duplicate=10%,reorder=10%,corrupt=10%,jitter=5ms,seed=";
    Network one(spec + "7");
    Network same(spec + "7");
    Network other(spec + "8");
    EXPECT_EQ(play(one, 500, milliseconds(1)), play(same, 500, milliseconds(1)));
    Network again(spec + "7");
    EXPECT_NE(play(again, 500, milliseconds(1)), play(other, 500, milliseconds(1)));
}

TEST(Impairment, KeepsTheOtherFatesWhereOneProbabilityChanges) {
    Network one("loss=10%,duplicate=10%,reorder=10%,corrupt=10%,seed=7");
    Network other("loss=50%,drop=3,duplicate=10%,reorder=10%,corrupt=10%,seed=7");
    const Fates fates = one.send_up_to(500);
    const Fates others = other.send_up_to(500);
    for (std::size_t i = 0; i < fates.size(); ++i) {
        EXPECT_EQ(fates[i].duplicated, others[i].duplicated);
        EXPECT_EQ(fates[i].delayed, others[i].delayed);
        EXPECT_EQ(fates[i].corrupted, others[i].corrupted);
        EXPECT_LE(fates[i].dropped, others[i].dropped);  // what 10 % hit, 50 % hit as well
    }
}

TEST(Impairment, SendsADuplicateRightBehind) {
    Network network("duplicate=100%");
    network.send_up_to(3);
    EXPECT_EQ(network.take_all(), (Numbers{1, 1, 2, 2, 3, 3}));
}

TEST(Impairment, FlipsOneBitAtOrAfterThePosition) {
    constexpr std::size_t kSize = 40;
    constexpr std::size_t kFrom = 16;
    Impairment impairment(ImpairmentSpec::parse("corrupt=100%,seed=7"));
    const std::vector<std::byte> zeros(kSize);
    std::vector<int> hits(kSize * 8);
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(impairment.submit(zeros, kFrom, kStart).corrupted);
        const auto sent = impairment.take_due(kStart);
        ASSERT_EQ(sent.size(), 1u);
        ASSERT_EQ(sent[0].size(), kSize);
        int flipped = 0;
        for (std::size_t at = 0; at < kSize; ++at) {
            const auto byte = std::to_integer<unsigned char>(sent[0][at]);
            flipped += std::popcount(byte);
            if (byte != 0) ++hits[at * 8 + static_cast<std::size_t>(std::countr_zero(byte))];
        }
        ASSERT_EQ(flipped, 1);
    }
    EXPECT_TRUE(std::all_of(hits.begin(), hits.begin() + kFrom * 8, [](int n) { return n == 0; }));
    EXPECT_TRUE(std::all_of(hits.begin() + kFrom * 8, hits.end(), [](int n) { return n > 0; }));
}

TEST(Impairment, LeavesTheCallersBytesAlone) {
    Impairment impairment(ImpairmentSpec::parse("corrupt=100%"));
    const std::vector<std::byte> zeros(8);
    impairment.submit(zeros, 0, kStart);
    EXPECT_EQ(zeros, std::vector<std::byte>(8));
}

TEST(Impairment, DoesNotClaimToHaveCorruptedWhereNothingMayBe) {
    Impairment impairment(ImpairmentSpec::parse("corrupt=100%"));
    const std::vector<std::byte> header(16);
    for (const std::size_t from : {std::size_t{16}, std::size_t{17}, SIZE_MAX}) {
        const Impairment::Fate fate = impairment.submit(header, from, kStart);
        EXPECT_EQ(impairment.take_due(kStart).at(0), header);
        EXPECT_EQ(name_of(fate), "") << "corruptible from " << from;
    }
}

TEST(Impairment, DelaysEachMessageByTheSame) {
    Network network("delay=20ms");
    network.send(1);
    network.send(2, kStart + milliseconds(1));
    EXPECT_EQ(network.impairment.next_deadline(), kStart + milliseconds(20));
    EXPECT_EQ(network.take(kStart + milliseconds(20) - kTick), Numbers{});
    EXPECT_EQ(network.take(kStart + milliseconds(20)), Numbers{1});
    EXPECT_EQ(network.take(kStart + milliseconds(21)), Numbers{2});
}

TEST(Impairment, VariesTheDelayWithinTheJitter) {
    Network network("delay=20ms,jitter=5ms,seed=7");
    Duration shortest = seconds(1);
    Duration longest{};
    for (std::uint64_t n = 1; n <= 2000; ++n) {
        network.send(n);
        const Duration delay = network.impairment.next_deadline() - kStart;
        shortest = std::min(shortest, delay);
        longest = std::max(longest, delay);
        ASSERT_EQ(network.take_all(), Numbers{n});
    }
    EXPECT_GE(shortest, milliseconds(15));
    EXPECT_LT(shortest, std::chrono::microseconds(15'100));
    EXPECT_LE(longest, milliseconds(25));
    EXPECT_GT(longest, std::chrono::microseconds(24'900));
}

TEST(Impairment, NeverSendsBeforeTheTimeHoweverLargeTheJitter) {
    Network network("delay=1ms,jitter=50ms,seed=7");
    for (std::uint64_t n = 1; n <= 1000; ++n) {
        network.send(n);
        ASSERT_GE(network.impairment.next_deadline(), kStart);
        ASSERT_LE(network.impairment.next_deadline(), kStart + milliseconds(51));
        network.take_all();
    }
}

TEST(Impairment, SendsInTheOrderOfTheirTimesWhatIsCollectedLate) {
    Network prompt("jitter=50ms,reorder=20%,seed=7");
    Numbers in_time;
    for (const auto& [number, when] : play(prompt, 100, milliseconds(1))) in_time.push_back(number);
    Network late("jitter=50ms,reorder=20%,seed=7");
    late.send_up_to(100, milliseconds(1));
    EXPECT_EQ(late.take_all(), in_time);
}

TEST(Impairment, HoldsAReorderedMessageForTwentyMillisecondsWhereNoneFollows) {
    Network network("reorder=100%");
    EXPECT_EQ(name_of(network.send(1)), "delayed");
    EXPECT_EQ(network.impairment.next_deadline(), kStart + milliseconds(20));
    EXPECT_EQ(network.take(kStart + milliseconds(20) - kTick), Numbers{});
    EXPECT_EQ(network.take(kStart + milliseconds(20)), Numbers{1});
    EXPECT_EQ(network.impairment.next_deadline(), kNever);
}

// Every message that is to be reordered comes after the next one that is neither.
void expect_overtaking(const std::string& spec, Duration apart) {
    Network probe(spec.substr(0, spec.find(",delay")));  // which leaves the other fates as they are
    const Fates fates = probe.send_up_to(200);
    Network network(spec);
    const auto arrivals = play(network, 200, apart);
    ASSERT_EQ(arrivals.size(), 200u);
    for (std::uint64_t n = 1; n < 200; ++n) {
        if (!fates[n - 1].delayed || fates[n].delayed) continue;
        ASSERT_LT(place_of(n + 1, arrivals), place_of(n, arrivals)) << n << " with " << spec;
    }
}

TEST(Impairment, LetsTheNextMessageOvertakeAReorderedOne) {
    expect_overtaking("reorder=20%,seed=7", Duration{});
    expect_overtaking("reorder=20%,seed=7", milliseconds(5));
    expect_overtaking("reorder=20%,seed=7,delay=30ms", milliseconds(5));
}

TEST(Impairment, LetsTheNextMessageOvertakeAlsoWhereTheDelayVaries) {
    expect_overtaking("reorder=20%,seed=7,delay=10ms,jitter=5ms", milliseconds(1));
}

TEST(Impairment, ChangesTheOrderEvenWhereEveryMessageIsToBeReordered) {
    Network network("reorder=100%");
    network.send_up_to(10);
    EXPECT_NE(network.take_all(), counting_to(10));
}

TEST(Impairment, IsNeverLaterThanItsDelayAndTheLongestHold) {
    for (const std::string spec : {"reorder=30%,seed=7", "reorder=30%,seed=7,delay=15ms"}) {
        const Duration delay = ImpairmentSpec::parse(spec).delay;
        for (const Duration apart : {milliseconds(1), milliseconds(12), milliseconds(30)}) {
            Network network(spec);
            for (const auto& [n, when] : play(network, 100, apart)) {
                const TimePoint sent = kStart + static_cast<int>(n - 1) * apart;
                ASSERT_LE((when - sent).count(), (delay + kHold).count())
                    << n << " of " << spec << ", messages " << apart / milliseconds(1)
                    << " ms apart";
            }
        }
    }
}

TEST(Impairment, LosesNothingThatItOnlyDelays) {
    Network network("reorder=30%,delay=5ms,jitter=5ms,corrupt=0,seed=7");
    network.send_up_to(1000, milliseconds(1));
    Numbers arrived = network.take_all();
    std::sort(arrived.begin(), arrived.end());
    EXPECT_EQ(arrived, counting_to(1000));
}

TEST(FateName, IsTheWorstThatHappened) {
    EXPECT_EQ(name_of({}), "");
    EXPECT_EQ(name_of({.dropped = true, .duplicated = true, .corrupted = true, .delayed = true}),
              "dropped");
    EXPECT_EQ(name_of({.corrupted = true, .delayed = true}), "corrupted");
    EXPECT_EQ(name_of({.duplicated = true, .delayed = true}), "duplicated");
}

}  // namespace
}  // namespace netlab::testing
