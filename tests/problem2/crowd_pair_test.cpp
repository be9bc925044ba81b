// SPDX-License-Identifier: MIT
// Many clients of problem 2 at once: what one of them does, the others never feel.

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <list>

#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem2 {
namespace {

using namespace netlab::testing;
namespace fs = std::filesystem;

// How many threads (task) or open descriptors (fd) a process has now.
std::size_t count_in_proc(pid_t pid, const std::string& what) {
    return file_names("/proc/" + std::to_string(pid) + "/" + what).size();
}

// Nothing tells when another process closes a descriptor or ends a thread, so this looks again and
// again.
void wait_for_count(pid_t pid, const std::string& what, std::size_t expected) {
    const TimePoint deadline = give_up_after(kPatience);
    while (count_in_proc(pid, what) != expected) {
        ASSERT_LT(Clock::now(), deadline)
            << count_in_proc(pid, what) << " in " << what << " instead of " << expected;
        ::poll(nullptr, 0, 10);
    }
}

TEST(Problem2Crowd, ServesTwoHundredClientsAtOnceAndForgetsThemAfterwards) {
    constexpr std::size_t kClients = 200;
    constexpr std::size_t kSilent = 50;
    const TempDir folder;
    fs::create_directory(folder / "root");
    const std::string content = random_bytes(300'000, 3);
    write_file(folder / "root/file.bin", content);
    write_file(folder / "root/huge.bin", "");
    fs::resize_file(folder / "root/huge.bin", 64 * 1024 * 1024);

    Server server("problem2/server",
                  {"--root", folder / "root", "--quiet", "--idle-timeout", "600s"});
    const pid_t pid = server.process().pid();
    std::size_t threads_before = 0;
    std::size_t descriptors_before = 0;
    {
        RawTcp one(server.port());
        one.send("GET missing\n");
        one.read_line();  // now the server has set up all that it needs, and this one client
        threads_before = count_in_proc(pid, "task") - 1;
        descriptors_before = count_in_proc(pid, "fd") - 1;
    }
    {
        std::list<RawTcp> silent;
        for (std::size_t i = 0; i < kSilent; ++i) silent.emplace_back(server.port());
        RawTcp stuck(server.port());
        stuck.send("GET huge.bin\n");
        EXPECT_EQ(stuck.read_line(), "OK 67108864");

        std::list<RawTcp> clients;
        for (std::size_t i = 0; i < kClients; ++i) {
            clients.emplace_back(server.port());
            clients.back().send("GET file.bin\n");
        }
        for (RawTcp& client : clients) EXPECT_EQ(client.read_line(), "OK 300000");

        const Finished real = run({program("problem2/client"), "-p", std::to_string(server.port()),
                                   "--output", folder / "copy.bin", "file.bin"});
        EXPECT_EQ(real.code, 0) << real.err;
        EXPECT_TRUE(same_bytes(read_file(folder / "copy.bin"), content));
        const auto elapsed = matching(R"(300000 bytes, ([0-9.]+) s)").find(real.out);
        ASSERT_TRUE(elapsed) << real.out;
        EXPECT_LT(std::stod(elapsed->groups[1]), 1.0 * slowdown());

        for (RawTcp& client : clients) {
            EXPECT_TRUE(same_bytes(client.read_exact(content.size()), content));
        }
        EXPECT_GE(count_in_proc(pid, "task"), threads_before + kSilent + 1 + kClients);
    }
    wait_for_count(pid, "fd", descriptors_before);
    wait_for_count(pid, "task", threads_before);
    EXPECT_EQ(server.stop().code, 0);
}

// The lab's question: a download of 300 kB is running when one of 1 kB begins.
class Problem2Concurrency : public ::testing::Test {
  protected:
    Problem2Concurrency() {
        fs::create_directory(folder_ / "root");
        write_file(folder_ / "root/long.bin", long_);
        write_file(folder_ / "root/short.bin", short_);
    }

    Argv server_options(const Argv& more) const {
        Argv all{"--root", folder_ / "root", "--write-size", "1000", "--pause", "5ms"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    Argv client(const Server& server, const std::string& name) const {
        return {program("problem2/client"), "--trace", "-p", std::to_string(server.port()), "--dir",
                folder_ / "copies",         name};
    }

    // Starts both downloads, the long one first. Leaves the order in which the server was done.
    std::string download_both(Server& server) {
        Subprocess first(client(server, "long.bin"));
        first.wait_for_err("<- OK 300000");
        const Finished second = run(client(server, "short.bin"));
        short_came_first_ = first.running();
        EXPECT_EQ(second.code, 0) << second.err;
        EXPECT_EQ(first.wait().code, 0) << first.err();
        EXPECT_EQ(read_file(folder_ / "copies/short.bin"), short_);
        EXPECT_TRUE(same_bytes(read_file(folder_ / "copies/long.bin"), long_));
        server.stop();
        const std::string log = server.process().err();
        return log.find("GET short.bin: 1000") < log.find("GET long.bin: 300000") ? "short long"
                                                                                  : "long short";
    }

    TempDir folder_;
    const std::string long_ = random_bytes(300'000, 1);
    const std::string short_ = random_bytes(1'000, 2);
    bool short_came_first_ = false;
};

TEST_F(Problem2Concurrency, ShortDownloadFinishesWhileALongOneIsRunning) {
    Server server("problem2/server", server_options({}));
    EXPECT_EQ(download_both(server), "short long");
    EXPECT_TRUE(short_came_first_);
}

TEST_F(Problem2Concurrency, ShortDownloadWaitsForTheLongOneWhenIterative) {
    Server server("problem2/server", server_options({"--iterative"}));
    EXPECT_EQ(download_both(server), "long short");
}

}  // namespace
}  // namespace netlab::problem2
