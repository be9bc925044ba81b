// SPDX-License-Identifier: MIT
//
// The room: one order for all, whatever single members do.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "tests/support/programs.hpp"
#include "tests/support/raw.hpp"

namespace netlab::problem6 {
namespace {

using namespace netlab::testing;

Server room(const Argv& more = {}) {
    Argv args{"--room"};
    args.insert(args.end(), more.begin(), more.end());
    return Server("problem6/server", args, {.input = Input::kPipe});
}

// Once its name is answered for, it is a member.
void enter(RawTcp& member, const std::string& name) {
    member.send("/nick " + name + "\n/who\n");
    while (!member.read_line().starts_with("* here: ")) continue;
}

// The next line that somebody said.
std::string read_said(RawTcp& member) {
    while (true) {
        std::string line = member.read_line();
        if (line.starts_with('<')) return line;
    }
}

TEST(Problem6Room, AllSeeWhatIsSaidAndWhoComesAndGoes) {
    Server server = room();
    RawTcp alice(server.port());
    enter(alice, "alice");
    RawTcp bob(server.port());
    enter(bob, "bob");
    EXPECT_EQ(alice.read_line(), "* bob joined");
    bob.send("hello\n/msg alice a secret\n");
    EXPECT_EQ(alice.read_line(), "<bob> hello");
    EXPECT_EQ(alice.read_line(), "<bob to alice> a secret");
    server.process().wait_for_out("<bob> hello\n");
    server.process().write("I see you\n");
    EXPECT_EQ(bob.read_line(), "<server> I see you");
    EXPECT_EQ(alice.read_line(), "<server> I see you");
    bob.send("/quit\n");
    EXPECT_EQ(alice.read_line(), "* bob left");
    EXPECT_EQ(bob.read_to_end(), "");
    EXPECT_EQ(server.process().out().find("secret"), std::string::npos);
}

TEST(Problem6Room, OneOrderForAllWhenManySpeakAtOnce) {
    constexpr int kLines = 300;
    Server server = room();
    std::deque<RawTcp> speakers;
    std::deque<RawTcp> listeners;
    for (int i = 0; i < 4; ++i) {
        enter(listeners.emplace_back(server.port()), "listener" + std::to_string(i));
    }
    for (int i = 0; i < 4; ++i) {
        enter(speakers.emplace_back(server.port()), "speaker" + std::to_string(i));
    }
    for (int line = 0; line < kLines; ++line) {
        for (RawTcp& speaker : speakers) speaker.send("line " + std::to_string(line) + "\n");
    }
    std::vector<std::string> order;
    for (int i = 0; i < 4 * kLines; ++i) order.push_back(read_said(listeners.front()));
    for (RawTcp& listener : listeners) {
        if (&listener == &listeners.front()) continue;
        for (const std::string& line : order) ASSERT_EQ(read_said(listener), line);
    }
    // A speaker sees the same without its own lines.
    for (const std::string& line : order) {
        if (line.starts_with("<speaker2>")) continue;
        ASSERT_EQ(read_said(speakers[2]), line);
    }
    server.process().wait_for_out(order.back() + "\n");
    std::string shown;
    for (const std::string& line : order) shown += line + "\n";
    EXPECT_TRUE(server.process().out().ends_with(shown));
}

// How long a burst takes to reach the last of some members, with or without one that never reads.
Duration burst(bool with_frozen) {
    constexpr int kMembers = 10;
    constexpr int kLines = 1000;
    Server server = room({"-q"});
    std::deque<RawTcp> members;
    for (int i = 0; i < kMembers; ++i) {
        enter(members.emplace_back(server.port()), "m" + std::to_string(i));
    }
    std::optional<RawTcp> frozen;
    if (with_frozen) enter(frozen.emplace(server.port()), "frozen");
    std::string lines;
    for (int i = 0; i < kLines; ++i) lines += "line " + std::to_string(i) + " of a burst\n";
    const TimePoint start = Clock::now();
    members.front().send(lines);
    for (int member = 1; member < kMembers; ++member) {
        for (int i = 0; i < kLines; ++i) {
            const std::string line = read_said(members[static_cast<std::size_t>(member)]);
            EXPECT_EQ(line, "<m0> line " + std::to_string(i) + " of a burst");
        }
    }
    return Clock::now() - start;
}

// The best of several runs: a busy machine delays some, a server that waits would delay all.
TEST(Problem6Room, AFrozenMemberDelaysNobody) {
    Duration without = seconds(60);
    Duration with = seconds(60);
    for (int pair = 0; pair < 5; ++pair) {
        without = std::min(without, burst(false));
        with = std::min(with, burst(true));
    }
    EXPECT_LT(with - without, milliseconds(50) * kSlowdown);
}

TEST(Problem6Room, AMemberWhoDoesNotReadIsDroppedAndTheOthersMissNothing) {
    constexpr int kLines = 200;
    Server server = room();
    RawTcp frozen(server.port());
    enter(frozen, "frozen");
    // Little room in its kernel: then what it does not read is the server's to keep.
    set_option(frozen.stream().descriptor(), SOL_SOCKET, SO_RCVBUF, 4096);
    RawTcp reader(server.port());
    enter(reader, "reader");
    RawTcp speaker(server.port());
    enter(speaker, "speaker");

    const std::string text(60'000, 'x');
    std::jthread speaking([&] {
        for (int i = 0; i < kLines; ++i) speaker.send(text + std::to_string(i) + "\n", seconds(60));
    });
    for (int i = 0; i < kLines; ++i) {
        EXPECT_EQ(read_said(reader), "<speaker> " + text + std::to_string(i));
    }
    speaking.join();
    server.process().wait_for_err(
        matching(R"(^\* 1 frozen left: .*does not read: 1048576 bytes wait for it$)"));
}

TEST(Problem6Room, SurvivesAStormOfJoinsAndLeaves) {
    Server server = room();
    RawTcp witness(server.port());
    enter(witness, "witness");
    std::vector<std::thread> storm;
    for (int thread = 0; thread < 6; ++thread) {
        storm.emplace_back([&server, thread] {
            for (int i = 0; i < 20; ++i) {
                RawTcp member(server.port());
                member.send("/nick t" + std::to_string(thread) + "." + std::to_string(i) +
                            "\nhello\n/who\n");
                if (i % 4 == 0) member.send("/quit\n");
                if (i % 4 == 1) member.reset();
                if (i % 4 == 2) member.read_line();
            }
        });
    }
    for (std::thread& one : storm) one.join();
    RawTcp late(server.port());
    enter(late, "late");
    late.send("the end\n");
    while (read_said(witness) != "<late> the end") continue;
    EXPECT_EQ(server.stop().code, 0);
}

}  // namespace
}  // namespace netlab::problem6
