// SPDX-License-Identifier: MIT
#include "common/trace.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "common/io.hpp"
#include "common/trace_reader.hpp"
#include "tests/common/redirect.hpp"
#include "tests/support/files.hpp"
#include "tests/support/pattern.hpp"

namespace netlab::testing {
namespace {

TEST(Tracer, IsSilentUnlessItIsOn) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer;
    EXPECT_FALSE(tracer.on());
    tracer.sent("DATA");
    tracer.received("ACK");
    tracer.event("timeout");
    EXPECT_EQ(err.text(), "");
}

TEST(Tracer, WritesTimeArrowAndMessageInColumns) {
    const Captured out(STDOUT_FILENO);
    const Captured err(STDERR_FILENO);
    const Tracer tracer(TraceOptions{.text = true});
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

// open(2) would wait for its reader, and Ctrl+C could not end that.
TEST(Tracer, DoesNotWaitForTheReaderOfAFifo) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_THROW(Tracer(TraceOptions{.file = dir / "fifo"}), SystemError);
}

TEST(Tracer, GoesOnWithoutAFifoWhoseReaderSleeps) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    const FileDescriptor reader = open_file(dir / "fifo", O_RDONLY | O_NONBLOCK);
    const Captured err(STDERR_FILENO);
    const Tracer tracer(TraceOptions{.file = dir / "fifo"});
    for (int i = 0; i < 2000; ++i) tracer.sent("DATA seq=7 len=100");  // more than a pipe holds
    EXPECT_EQ(err.text(),
              "write " + (dir / "fifo") + ": nobody reads it: nothing more is recorded\n");
}

TEST(Tracer, TellsTheTimeSinceItWasMade) {
    const Tracer tracer(TraceOptions{.text = true});
    const TimePoint made = Clock::now();
    while (Clock::now() < made + milliseconds(2)) continue;
    const Captured err(STDERR_FILENO);
    tracer.event("now");
    EXPECT_GE(std::stod(err.text()), 2.0);
}

TEST(Tracer, KeepsLinesOfManyThreadsWhole) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer(TraceOptions{.text = true});
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

// The lines of a file without what differs from run to run.
std::string without_times(const std::string& path) {
    std::string text;
    std::istringstream lines(read_file(path));
    for (std::string line; std::getline(lines, line);) {
        text += line.substr(line.find(",") + 1) + "\n";
    }
    return text;
}

TEST(Tracer, WritesEachMessageIntoAFileWithItsPeerAndItsFate) {
    const Captured err(STDERR_FILENO);
    const TempDir dir;
    const Tracer tracer(TraceOptions{false, dir / "t", "", true});
    EXPECT_TRUE(tracer.on());
    tracer.sent("DATA seq=7", "[::1]:7101", {.dropped = true});
    tracer.received("ACK seq=7 peer=[::1]:9", "[::1]:7101");
    tracer.event("timeout seq=8");
    EXPECT_EQ(without_times(dir / "t"),
              R"("end":"server","peer":"[::1]:7101","dir":"out","type":"DATA","seq":7,)"
              R"("fate":"dropped"})"
              "\n"
              R"("end":"server","peer":"[::1]:9","dir":"in","type":"ACK","seq":7})"
              "\n"
              R"("end":"server","peer":"","dir":"note","type":"timeout","seq":8})"
              "\n");
    EXPECT_EQ(err.text(), "");
}

TEST(Tracer, WritesTheTimeOfTheMonotonicClock) {
    const TempDir dir;
    const auto now = [] { return Clock::now().time_since_epoch().count(); };
    const auto before = now();
    Tracer(TraceOptions{false, dir / "t", "", false}).sent("DATA");
    const auto record =
        parse_trace(read_file(dir / "t").substr(0, read_file(dir / "t").size() - 1));
    ASSERT_TRUE(record);
    EXPECT_GE(record->t, before);
    EXPECT_LE(record->t, now());
    EXPECT_EQ(record->end, "client");
}

TEST(Tracer, ShowsTheFateOnStderrInWords) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer(TraceOptions{.text = true});
    tracer.sent("DATA seq=7", "", {.corrupted = true});
    EXPECT_TRUE(err.text().ends_with("  -> DATA seq=7 (corrupted by --impair)\n")) << err.text();
    // The word that the trace file has, too.
    tracer.sent("DATA seq=8", "", {.delayed = true});
    EXPECT_TRUE(err.text().ends_with("  -> DATA seq=8 (delayed by --impair)\n")) << err.text();
}

TEST(Tracer, ThrowsIfItsFileCannotBeMade) {
    EXPECT_THROW(Tracer(TraceOptions{false, "/nonexistent/t", "", false}), SystemError);
    EXPECT_THROW(Tracer(TraceOptions{false, "", "/nonexistent/t", false}), SystemError);
}

TEST(Tracer, TellsOnceThatItsFileIsFullAndGoesOn) {
    const Captured err(STDERR_FILENO);
    const Tracer tracer(TraceOptions{false, "/dev/full", "", false});
    tracer.sent("DATA seq=7");
    tracer.sent("DATA seq=8");
    EXPECT_EQ(err.text(), "write /dev/full: No space left on device: nothing more is recorded\n");
}

}  // namespace
}  // namespace netlab::testing
