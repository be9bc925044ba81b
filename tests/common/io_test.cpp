// SPDX-License-Identifier: MIT
#include "common/io.hpp"
#include "common/screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/error.hpp"
#include "tests/common/checks.hpp"
#include "tests/common/redirect.hpp"
#include "tests/support/files.hpp"
#include "tests/support/timeout.hpp"

namespace netlab::testing {
namespace {

constexpr TimePoint kPast{};

std::string read_until_end(const FileDescriptor& fd) {
    std::string all;
    std::array<std::byte, 4096> buffer;
    while (true) {
        const auto got = read_some(fd, buffer, give_up_after(kPatience), "pipe");
        if (!got) return all + "[nothing more came]";
        if (*got == 0) return all;
        all += as_text(Bytes(buffer).first(*got));
    }
}

// Interrupts whatever system call runs, every millisecond (no SA_RESTART).
class Interruptions {
  public:
    Interruptions() {
        count() = 0;
        struct sigaction action {};
        action.sa_handler = [](int) { ++count(); };
        check(::sigaction(SIGALRM, &action, &saved_), "sigaction");
        set_timer(1000);
    }
    ~Interruptions() {
        set_timer(0);
        ::sigaction(SIGALRM, &saved_, nullptr);
    }
    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;

    static std::atomic<int>& count() {
        static std::atomic<int> count{0};
        return count;
    }

  private:
    static void set_timer(int microseconds) {
        const itimerval timer{{0, microseconds}, {0, microseconds}};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
    struct sigaction saved_ {};
};

TEST(Bytes, AreTextAndBack) {
    EXPECT_EQ(as_text(as_bytes("text")), "text");
    EXPECT_EQ(as_text({}), "");
    EXPECT_EQ(as_text(as_bytes(std::string_view("\0\xff", 2))), std::string_view("\0\xff", 2));
}

TEST(WaitForEvents, ReturnsAtTheDeadlineAndNotBefore) {
    const Pipe pipe = make_pipe();
    EXPECT_FALSE(wait_readable(pipe.read_end.get(), kPast));
    const TimePoint deadline = deadline_in(milliseconds(20));
    EXPECT_FALSE(wait_readable(pipe.read_end.get(), deadline));
    EXPECT_GE(Clock::now(), deadline);
}

TEST(WaitForEvents, SeesWhatIsReadyEvenAfterTheDeadline) {
    const Pipe pipe = make_pipe();
    write_all(pipe.write_end.get(), as_bytes("x"), "pipe");
    EXPECT_TRUE(wait_readable(pipe.read_end.get(), kPast));
    EXPECT_TRUE(wait_readable(pipe.read_end.get(), kNever));
    EXPECT_TRUE(wait_writable(pipe.write_end.get(), kPast));
}

TEST(WaitForEvents, TellsWhichDescriptorsHaveEvents) {
    const Pipe quiet = make_pipe();
    const Pipe busy = make_pipe();
    write_all(busy.write_end.get(), as_bytes("x"), "pipe");
    std::array<pollfd, 3> watched{
        {{quiet.read_end.get(), POLLIN, 0}, {-1, POLLIN, 0}, {busy.read_end.get(), POLLIN, 0}}};
    EXPECT_TRUE(wait_for_events(watched, give_up_after(kPatience)));
    EXPECT_EQ(watched[0].revents, 0);
    EXPECT_EQ(watched[1].revents, 0);
    EXPECT_EQ(watched[2].revents, POLLIN);
}

TEST(WaitForEvents, ForgetsTheEventsOfAnEarlierCall) {
    const Pipe pipe = make_pipe();
    pollfd watched{pipe.read_end.get(), POLLIN, POLLIN};
    EXPECT_FALSE(wait_for_events({&watched, 1}, kPast));
    EXPECT_EQ(watched.revents, 0);
}

TEST(WaitForEvents, WaitsOnThroughInterruptionsUntilTheDeadline) {
    const Pipe pipe = make_pipe();
    const Interruptions interruptions;
    const TimePoint deadline = deadline_in(milliseconds(30));
    EXPECT_FALSE(wait_readable(pipe.read_end.get(), deadline));
    EXPECT_GE(Clock::now(), deadline);
    EXPECT_GT(Interruptions::count(), 0);
}

TEST(ReadSome, GivesWhatIsThereThenTheEnd) {
    Pipe pipe = make_pipe();
    std::array<std::byte, 16> buffer;
    EXPECT_EQ(read_some(pipe.read_end, buffer, kPast, "pipe"), std::nullopt);
    write_all(pipe.write_end.get(), as_bytes("hello"), "pipe");
    EXPECT_EQ(read_some(pipe.read_end, buffer, kPast, "pipe"), 5u);
    EXPECT_EQ(as_text(Bytes(buffer).first(5)), "hello");
    pipe.write_end.close();
    EXPECT_EQ(read_some(pipe.read_end, buffer, kPast, "pipe"), 0u);
    EXPECT_EQ(read_some(pipe.read_end, buffer, kPast, "pipe"), 0u);
}

TEST(ReadSome, NamesWhatCannotBeRead) {
    std::array<std::byte, 16> buffer;
    const FileDescriptor directory = open_file("/", O_RDONLY);
    EXPECT_EQ(thrown<SystemError>(
                  [&] { static_cast<void>(read_some(directory, buffer, kNever, "the root")); }),
              "read the root: Is a directory");
}

TEST(ReadSome, WaitsAlsoForANonblockingDescriptor) {
    Pipe pipe = make_pipe();
    set_nonblocking(pipe.read_end, true);
    std::thread writer([&] {
        write_all(pipe.write_end.get(), as_bytes("late"), "pipe");
        pipe.write_end.close();
    });
    EXPECT_EQ(read_until_end(pipe.read_end), "late");
    writer.join();
}

TEST(WriteAll, WritesMoreThanAPipeHolds) {
    constexpr std::uint64_t kSeed = 1;
    const std::string sent = random_bytes(1'000'000, kSeed);
    for (const bool nonblocking : {false, true}) {
        Pipe pipe = make_pipe();
        set_nonblocking(pipe.write_end, nonblocking);
        std::thread writer([&] {
            write_all(pipe.write_end.get(), as_bytes(sent), "pipe");
            pipe.write_end.close();
        });
        EXPECT_TRUE(same_bytes(read_until_end(pipe.read_end), sent));
        writer.join();
    }
}

TEST(WriteAll, LosesNothingWhenItIsInterrupted) {
    constexpr std::uint64_t kSeed = 2;
    const std::string sent = random_bytes(1'000'000, kSeed);
    Pipe pipe = make_pipe();
    std::string received;
    const Interruptions interruptions;
    std::thread writer([&] {
        write_all(pipe.write_end.get(), as_bytes(sent), "pipe");
        pipe.write_end.close();
    });
    // The pipe stays full until the blocked write has been interrupted several times.
    const TimePoint deadline = give_up_after(kPatience);
    while (Interruptions::count() < 10 && Clock::now() < deadline) std::this_thread::yield();
    received = read_until_end(pipe.read_end);
    writer.join();
    EXPECT_TRUE(same_bytes(received, sent));
}

TEST(WriteAll, ReportsAFullDiskAndAClosedPipe) {
    const FileDescriptor full = open_file("/dev/full", O_WRONLY);
    EXPECT_EQ(thrown<SystemError>([&] { write_all(full.get(), as_bytes("x"), "/dev/full"); }),
              "write /dev/full: No space left on device");
    write_all(full.get(), {}, "/dev/full");  // nothing to write, nothing to fail

    const auto saved = ::signal(SIGPIPE, SIG_IGN);
    Pipe pipe = make_pipe();
    pipe.read_end.close();
    EXPECT_EQ(
        thrown<SystemError>([&] { write_all(pipe.write_end.get(), as_bytes("x"), "player"); }),
        "write player: Broken pipe");
    ::signal(SIGPIPE, saved);
}

TEST(WriteAtAndReadAt, WorkAtAnyOffsetAndStopOnlyAtTheEnd) {
    const TempDir folder;
    const FileDescriptor file = open_file(folder / "file", O_RDWR | O_CREAT);
    write_at(file, as_bytes("world"), 6, "file");
    write_at(file, as_bytes("hello "), 0, "file");
    std::array<std::byte, 32> buffer;
    EXPECT_EQ(read_at(file, buffer, 3, "file"), 8u);
    EXPECT_EQ(as_text(Bytes(buffer).first(8)), "lo world");
    EXPECT_EQ(read_at(file, MutableBytes(buffer).first(2), 0, "file"), 2u);
    EXPECT_EQ(read_at(file, buffer, 11, "file"), 0u);
    EXPECT_EQ(read_at(file, {}, 0, "file"), 0u);
}

TEST(WriteAtAndReadAt, NameTheFileAndReportEveryFailure) {
    const Pipe pipe = make_pipe();
    std::array<std::byte, 8> buffer{};
    EXPECT_EQ(thrown<SystemError>([&] { write_at(pipe.write_end, buffer, 0, "f"); }),
              "write f: Illegal seek");
    EXPECT_EQ(
        thrown<SystemError>([&] { static_cast<void>(read_at(pipe.read_end, buffer, 0, "f")); }),
        "read f: Illegal seek");
    const FileDescriptor full = open_file("/dev/full", O_WRONLY);
    EXPECT_EQ(thrown<SystemError>([&] { write_at(full, buffer, 0, "f"); }),
              "write f: No space left on device");
}

TEST(PrintOut, WritesTheTextAsItIs) {
    const Captured out(STDOUT_FILENO);
    const Captured err(STDERR_FILENO);
    print_out("result\n");
    print_error("trouble\n");
    print_out("");
    EXPECT_EQ(out.text(), "result\n");
    EXPECT_EQ(err.text(), "trouble\n");
}

TEST(PrintOut, FailsIntoAFullDiskAndPrintErrorDoesNot) {
    const FileDescriptor full = open_file("/dev/full", O_WRONLY);
    const Redirected out(STDOUT_FILENO, full);
    const Redirected err(STDERR_FILENO, full);
    EXPECT_EQ(thrown<SystemError>([] { print_out("result\n"); }),
              "write stdout: No space left on device");
    print_error("trouble\n");
}

TEST(PrintOut, KeepsLinesOfManyThreadsWhole) {
    Pipe pipe = make_pipe();
    std::string received;
    std::thread reader([&] { received = read_until_end(pipe.read_end); });
    {
        const Redirected out(STDOUT_FILENO, pipe.write_end);
        pipe.write_end.close();
        std::vector<std::thread> threads;
        for (const char letter : {'a', 'b', 'c', 'd'}) {
            threads.emplace_back([letter] {
                for (int i = 0; i < 200; ++i) print_out(std::string(100, letter) + "\n");
            });
        }
        for (std::thread& thread : threads) thread.join();
    }
    reader.join();
    ASSERT_EQ(received.size(), 4u * 200 * 101);
    for (std::size_t at = 0; at < received.size(); at += 101) {
        ASSERT_EQ(received.substr(at, 101), std::string(100, received[at]) + "\n");
    }
}

}  // namespace
}  // namespace netlab::testing
