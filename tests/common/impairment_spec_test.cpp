// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/impairment.hpp"
#include "tests/common/checks.hpp"

namespace netlab::testing {
namespace {

using Numbers = std::vector<std::uint64_t>;

TEST(ImpairmentSpec, ParsesEveryPart) {
    const auto spec = ImpairmentSpec::parse(
        "loss=10%,duplicate=1%,reorder=5%,corrupt=0.5%,delay=20ms,jitter=5ms,seed=7,drop=3+7+9");
    EXPECT_DOUBLE_EQ(spec.loss, 0.1);
    EXPECT_DOUBLE_EQ(spec.duplicate, 0.01);
    EXPECT_DOUBLE_EQ(spec.reorder, 0.05);
    EXPECT_DOUBLE_EQ(spec.corrupt, 0.005);
    EXPECT_EQ(spec.delay, milliseconds(20));
    EXPECT_EQ(spec.jitter, milliseconds(5));
    EXPECT_EQ(spec.seed, 7u);
    EXPECT_EQ(spec.drop, (Numbers{3, 7, 9}));
}

TEST(ImpairmentSpec, ParsesAnyPartInAnyOrderAndForm) {
    EXPECT_DOUBLE_EQ(ImpairmentSpec::parse("loss=0.25").loss, 0.25);
    EXPECT_DOUBLE_EQ(ImpairmentSpec::parse("loss=100%").loss, 1);
    EXPECT_DOUBLE_EQ(ImpairmentSpec::parse("seed=2,loss=1").loss, 1);
    EXPECT_DOUBLE_EQ(ImpairmentSpec::parse("loss=0%").loss, 0);
    EXPECT_EQ(ImpairmentSpec::parse("delay=2s").delay, seconds(2));
    EXPECT_EQ(ImpairmentSpec::parse("delay=15").delay, milliseconds(15));
    EXPECT_EQ(ImpairmentSpec::parse("drop=18446744073709551615").drop, Numbers{UINT64_MAX});
    EXPECT_EQ(ImpairmentSpec::parse("seed=0").seed, 0u);
}

TEST(ImpairmentSpec, NamesTheWrongPart) {
    for (const std::string part : {"loss",
                                   "loss=",
                                   "loss=x",
                                   "loss=101%",
                                   "loss=1.1",
                                   "loss=-1%",
                                   "loss=10%%",
                                   "loss=%",
                                   "loss=nan",
                                   "loss=1e-1",
                                   "loss = 1%",
                                   "=5",
                                   "=",
                                   "speed=5",
                                   "Loss=1%",
                                   "delay=-1ms",
                                   "delay=ms",
                                   "delay=10%",
                                   "jitter=soon",
                                   "seed=-1",
                                   "seed=1.5",
                                   "seed=",
                                   "drop=",
                                   "drop=0",
                                   "drop=3+",
                                   "drop=+3",
                                   "drop=3++4",
                                   "drop=3-4",
                                   "drop=18446744073709551616"}) {
        for (const std::string& text : {part, "seed=1," + part, part + ",seed=1"}) {
            const std::string what = thrown<UsageError>([&] { ImpairmentSpec::parse(text); });
            EXPECT_TRUE(what.starts_with("'" + part + "': ")) << text << ": " << what;
        }
    }
    EXPECT_THROW(ImpairmentSpec::parse(","), UsageError);
    EXPECT_THROW(ImpairmentSpec::parse(",loss=1%"), UsageError);
    EXPECT_THROW(ImpairmentSpec::parse("loss=1%,,seed=1"), UsageError);
}

TEST(ImpairmentSpec, RefusesACommaThatNothingFollows) {
    EXPECT_THROW(ImpairmentSpec::parse("loss=1%,"), UsageError);
}

TEST(ImpairmentSpec, IsActiveWhereItBreaksSomething) {
    EXPECT_FALSE(ImpairmentSpec{}.active());
    EXPECT_FALSE(ImpairmentSpec::parse("seed=7,loss=0").active());
    for (const char* text :
         {"loss=1%", "duplicate=1%", "reorder=1%", "corrupt=1%", "delay=1", "jitter=1", "drop=1"}) {
        EXPECT_TRUE(ImpairmentSpec::parse(text).active()) << text;
    }
}

}  // namespace
}  // namespace netlab::testing
