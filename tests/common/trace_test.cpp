// SPDX-License-Identifier: MIT
#include "common/trace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "common/io.hpp"
#include "tests/common/redirect.hpp"
#include "tests/support/pattern.hpp"

namespace netlab::testing {
namespace {

TEST(Tracer, IsSilentUnlessItIsOn) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer(false);
    EXPECT_FALSE(tracer.on());
    tracer.sent("DATA");
    tracer.received("ACK");
    tracer.event("timeout");
    EXPECT_EQ(err.text(), "");
}

TEST(Tracer, WritesTimeArrowAndMessageInColumns) {
    const Captured out(STDOUT_FILENO);
    const Captured err(STDERR_FILENO);
    const Tracer tracer(true);
    EXPECT_TRUE(tracer.on());
    tracer.sent("DATA seq=7 len=100");
    tracer.received("ACK seq=7");
    tracer.event("timeout seq=8");
    const std::string text = err.text();
    EXPECT_TRUE(matching("^ *[0-9]+\\.[0-9]{3} ms  -> DATA seq=7 len=100\n"
                         " *[0-9]+\\.[0-9]{3} ms  <- ACK seq=7\n"
                         " *[0-9]+\\.[0-9]{3} ms  -- timeout seq=8\n$")
                    .find(text))
        << text;
    const std::size_t second = text.find('\n') + 1;
    EXPECT_EQ(text.find("->"), text.find("<-") - second);  // the columns are aligned
    EXPECT_EQ(out.text(), "");
}

TEST(Tracer, TellsTheTimeSinceItWasMade) {
    const Tracer tracer(true);
    const TimePoint made = Clock::now();
    while (Clock::now() < made + milliseconds(2)) continue;
    const Captured err(STDERR_FILENO);
    tracer.event("now");
    EXPECT_GE(std::stod(err.text()), 2.0);
}

TEST(Tracer, KeepsLinesOfManyThreadsWhole) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer(true);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 100; ++n) tracer.sent("DATA seq=7");
        });
    }
    for (std::thread& thread : threads) thread.join();

    std::string text = err.text();
    const Pattern line = matching("^ *[0-9.]+ ms  -> DATA seq=7$");
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1, ++lines) {
        const std::string one = text.substr(at, text.find('\n', at) - at);
        ASSERT_TRUE(line.find(one)) << one;
    }
    EXPECT_EQ(lines, 400u);
}

}  // namespace
}  // namespace netlab::testing
