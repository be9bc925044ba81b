// SPDX-License-Identifier: MIT
#include "problem4/session_table.hpp"

#include <gtest/gtest.h>

#include "tests/problem4/zero_media.hpp"

namespace netlab::problem4 {
namespace {

Address peer(std::uint16_t port) {
    return Address::resolve("127.0.0.1", port, SOCK_DGRAM).front();
}

const Address kAlice = peer(1000);
const Address kBob = peer(2000);

// A server whose clock, network, files and log are ours.
struct Table {
    explicit Table(const SessionTable::Options& options = {})
        : table(options, {1, 2},
                {.send =
                     [this](const Address& to, const Packet& packet) {
                         sent.push_back(describe(packet));
                         last_to = to;
                         last_session = packet.session;
                     },
                 .open = [this](const std::string& name) { return open(name); },
                 .note = [this](const std::string& text) { notes += text; },
                 .result = [this](const std::string& text) { results += text; },
                 .problem = [this](const std::string& text) { problems += text; }}) {}

    std::shared_ptr<const Media> open(const std::string& name) {
        ++opened;
        if (name == "none.wav") throw std::runtime_error("No such file or directory");
        return zero_media(name == "tiny.wav" ? 1 : 1'000'000, seconds(10),
                          name == "shrunk.wav" ? 0 : UINT64_MAX);
    }

    void handle(const Address& from, std::uint64_t session, const Body& body) {
        table.on_packet(from, {session, body}, now);
    }

    // The session that a client at this address is told.
    std::uint64_t challenge(const Address& from, std::uint64_t nonce = 7) {
        handle(from, 0, Request{nonce, "a.wav"});
        return last_session;
    }

    std::uint64_t start(const Address& from, const std::string& name = "a.wav",
                        std::uint64_t nonce = 7) {
        const std::uint64_t session = challenge(from, nonce);
        sent.clear();
        handle(from, session, Start{nonce, 2000, 0, name});
        return session;
    }

    void report(const Address& from, std::uint64_t session, std::uint64_t has = 0) {
        handle(from, session, Report{++reports, has, has, 0, {}});
    }

    void pass(Duration time) {
        now += time;
        table.on_timer(now);
    }

    std::size_t data_sent() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            sent, [](const std::string& s) { return s.starts_with("DATA"); }));
    }

    std::vector<std::string> sent;
    Address last_to;
    std::uint64_t last_session = 0;
    std::string notes;
    std::string results;
    std::string problems;
    int opened = 0;
    std::uint32_t reports = 0;
    TimePoint now{seconds(1000)};
    SessionTable table;
};

using Strings = std::vector<std::string>;

const std::string kInfo = "INFO size=1000000 duration_us=10000000 container=wav";

TEST(SessionTable, TellsTheSessionToWhoAsksAndRemembersNothing) {
    Table server;
    const std::uint64_t session = server.challenge(kAlice);
    EXPECT_EQ(server.sent, Strings{"CHALLENGE"});
    EXPECT_NE(session, 0U);
    EXPECT_EQ(server.challenge(kAlice), session) << "the same for a REQUEST that comes again";
    EXPECT_NE(server.challenge(kBob), session);
    EXPECT_NE(server.challenge(kAlice, 8), session);
    EXPECT_EQ(server.opened, 0);
    EXPECT_EQ(server.table.size(), 0U);
    EXPECT_EQ(server.table.next_deadline(), kNever);
}

TEST(SessionTable, BeginsWithTheEchoOfTheSessionAlone) {
    Table server;
    const std::uint64_t session = server.challenge(kAlice);
    server.sent.clear();
    server.handle(kAlice, session + 1, Start{7, 2000, 0, "a.wav"});
    server.handle(kBob, session, Start{7, 2000, 0, "a.wav"});
    server.handle(kAlice, session, Start{8, 2000, 0, "a.wav"});
    EXPECT_EQ(server.sent, Strings{}) << "who only guesses gets no answer";
    server.handle(kAlice, session, Start{7, 2000, 0, "a.wav"});
    EXPECT_EQ(server.sent, Strings{kInfo});
    EXPECT_EQ(server.table.size(), 1U);
}

// The address may be somebody else's by then.
TEST(SessionTable, BelievesAnEchoForAMinuteAtMost) {
    for (const Duration age : {seconds(30), seconds(61)}) {
        Table server;
        const std::uint64_t session = server.challenge(kAlice);
        server.pass(age);
        server.handle(kAlice, session, Start{7, 2000, 0, "a.wav"});
        EXPECT_EQ(server.table.size(), age == seconds(30) ? 1U : 0U);
    }
}

TEST(SessionTable, AnswersARepeatedStartTheSameAndOpensNothingTwice) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.handle(kAlice, session, Start{7, 2000, 0, "a.wav"});
    EXPECT_EQ(server.sent, (Strings{kInfo, kInfo}));
    EXPECT_EQ(server.opened, 1);
}

TEST(SessionTable, SendsDataAfterTheFirstReport) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.pass(milliseconds(5));
    EXPECT_EQ(server.data_sent(), 0U);
    server.report(kAlice, session);
    EXPECT_LE(server.table.next_deadline(), server.now + SessionTable::kRound);
    server.pass(SessionTable::kRound);
    EXPECT_GT(server.data_sent(), 0U);
    EXPECT_EQ(server.last_to, kAlice);
    EXPECT_EQ(server.last_session, session);
}

TEST(SessionTable, TakesNothingForASessionFromAnotherAddress) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.sent.clear();
    server.report(kBob, session);
    server.handle(kBob, session, Bye{0});
    server.pass(milliseconds(5));
    EXPECT_EQ(server.sent, Strings{});
    EXPECT_EQ(server.table.size(), 1U);
}

TEST(SessionTable, GivesNoAnswerToStrangers) {
    Table server;
    for (const Body& body : {Body(Report{1, 0, 0, Report::kEcho, {}}), Body(Bye{0}), Body(Alive{}),
                             Body(Data{}), Body(Error{"x"}), Body(Challenge{}), Body(Info{})}) {
        server.handle(kAlice, 5, body);
    }
    EXPECT_EQ(server.sent, Strings{});
}

TEST(SessionTable, IsUnmovedByPacketsThatOnlyServersSend) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.sent.clear();
    for (const Body& body :
         {Body(Alive{}), Body(Data{}), Body(Error{"x"}), Body(Challenge{}), Body(Info{})}) {
        server.handle(kAlice, session, body);
    }
    EXPECT_EQ(server.sent, Strings{});
    EXPECT_EQ(server.table.size(), 1U);
}

TEST(SessionTable, RefusesAFileThatCannotBeOpenedAndSaysSoAgainToWhoAsksAgain) {
    Table server;
    const std::uint64_t session = server.start(kAlice, "none.wav");
    const Strings refusal{"ERROR none.wav: No such file or directory"};
    EXPECT_EQ(server.sent, refusal);
    EXPECT_EQ(server.problems, "127.0.0.1:1000: none.wav: No such file or directory\n");
    server.sent.clear();
    server.handle(kAlice, session, Start{7, 2000, 0, "none.wav"});
    EXPECT_EQ(server.sent, refusal);
    EXPECT_EQ(server.opened, 1);
    server.sent.clear();
    server.handle(kAlice, session, Error{"no, you"});
    EXPECT_EQ(server.sent, Strings{}) << "an error is never answered by an error";
    EXPECT_EQ(server.table.size(), 0U);
}

TEST(SessionTable, EndsWithByeAsOftenAsItIsSaid) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.report(kAlice, session);
    server.pass(milliseconds(50));
    server.sent.clear();
    server.handle(kAlice, session, Bye{0});
    server.handle(kAlice, session, Bye{0});
    EXPECT_EQ(server.sent, (Strings{"BYE contiguous=0", "BYE contiguous=0"}));
    EXPECT_EQ(server.table.size(), 0U);
    EXPECT_EQ(server.results.find("stopped a.wav to 127.0.0.1:1000: "), 0U) << server.results;
    EXPECT_EQ(std::ranges::count(server.results, '\n'), 1);

    server.sent.clear();
    server.handle(kAlice, session, Start{7, 2000, 0, "a.wav"});
    server.report(kAlice, session);
    EXPECT_EQ(server.sent, (Strings{"BYE contiguous=0", "BYE contiguous=0"}))
        << "a late copy of the START begins nothing";
    EXPECT_EQ(server.opened, 1);
    server.pass(SessionTable::kMemory);
    server.sent.clear();
    server.handle(kAlice, session, Bye{0});
    EXPECT_EQ(server.sent, Strings{}) << "forgotten";
}

TEST(SessionTable, TellsTheLogWhoWasSentAWholeClip) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    EXPECT_EQ(server.notes, "127.0.0.1:1000: a.wav begins: wav, 1000000 bytes, 10 s\n");
    for (int i = 0; i < 200; ++i) {
        server.report(kAlice, session, 1'000'000);  // believed as far as it was sent
        server.pass(milliseconds(50));
    }
    server.handle(kAlice, session, Bye{1'000'000});
    EXPECT_EQ(server.results.find("sent a.wav to 127.0.0.1:1000: 1000000 bytes in "), 0U)
        << server.results;
    server.notes.clear();
    server.start(kAlice, "tiny.wav", 8);
    EXPECT_EQ(server.notes, "127.0.0.1:1000: tiny.wav begins: wav, 1 byte, 10 s\n");
}

TEST(SessionTable, ForgetsWhoIsSilentForFiveSeconds) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.report(kAlice, session);
    server.pass(SessionTable::kSilence - milliseconds(1));
    EXPECT_EQ(server.table.size(), 1U);
    EXPECT_LE(server.table.next_deadline(), server.now + SessionTable::kRound);
    server.pass(SessionTable::kRound);
    EXPECT_EQ(server.table.size(), 0U);
    EXPECT_EQ(server.problems, "127.0.0.1:1000: a.wav: nothing heard for 5 s\n");

    server.sent.clear();
    server.report(kAlice, session);
    EXPECT_EQ(server.sent, Strings{"ERROR a.wav: nothing heard for 5 s"})
        << "who was asleep hears why nothing comes any more";
}

TEST(SessionTable, DropsAReportOfMoreThanTheClipHas) {
    Table server;
    const std::uint64_t session = server.start(kAlice);
    server.sent.clear();
    server.report(kAlice, session, 1'000'001);
    server.pass(milliseconds(5));
    EXPECT_EQ(server.sent, Strings{});
    server.pass(SessionTable::kSilence - milliseconds(5));
    EXPECT_EQ(server.table.size(), 0U) << "nor is it a sign of life";
}

TEST(SessionTable, EndsASessionWhoseFileHasShrunkAndNoOther) {
    Table server;
    const std::uint64_t bob = server.start(kBob);
    const std::uint64_t alice = server.start(kAlice, "shrunk.wav");
    server.report(kAlice, alice);
    server.report(kBob, bob);
    server.sent.clear();
    server.pass(milliseconds(5));
    EXPECT_EQ(std::ranges::count(server.sent,
                                 "ERROR shrunk.wav: the file has become shorter while it was sent"),
              1);
    EXPECT_GT(server.data_sent(), 0U);
    EXPECT_EQ(server.table.size(), 1U);
}

TEST(SessionTable, RefusesOneClientTooMany) {
    Table server({.max_clients = 1});
    const std::uint64_t alice = server.start(kAlice);
    server.start(kBob);
    EXPECT_EQ(server.sent, Strings{"ERROR a.wav: too many clients (1): try again later"});
    server.handle(kAlice, alice, Bye{0});
    server.start(kBob, "a.wav", 8);
    EXPECT_EQ(server.sent, Strings{kInfo});
}

TEST(SessionTable, ServesSeveralClipsToOneAddressAtOnce) {
    Table server;
    const std::uint64_t first = server.start(kAlice, "a.wav", 1);
    const std::uint64_t second = server.start(kAlice, "b.wav", 2);
    EXPECT_EQ(server.table.size(), 2U);
    server.handle(kAlice, first, Bye{0});
    EXPECT_EQ(server.table.size(), 1U);
    server.handle(kAlice, second, Bye{0});
    EXPECT_EQ(server.table.size(), 0U);
}

TEST(SessionTable, SaysByeToEverybodyWhenTheServerEnds) {
    Table server;
    server.start(kAlice);
    server.start(kBob);
    server.sent.clear();
    server.table.say_bye();
    EXPECT_EQ(server.sent, (Strings{"BYE contiguous=0", "BYE contiguous=0"}));
    server.table.tell_results(server.now);
    EXPECT_EQ(server.results.find("stopped a.wav to 127.0.0.1:"), 0U) << server.results;
    EXPECT_EQ(std::ranges::count(server.results, '\n'), 2);
}

TEST(SessionTable, ServesOneClientOnlyWhereToldTo) {
    Table server({.once = true});
    const std::uint64_t alice = server.start(kAlice);
    server.start(kBob);
    EXPECT_EQ(server.sent, Strings{"ERROR a.wav: this server serves one client only"});
    EXPECT_FALSE(server.table.outcome(kNever)) << "the second one's refusal is not the outcome";
    server.handle(kAlice, alice, Bye{0});
    EXPECT_FALSE(server.table.outcome(server.now)) << "the answer to the BYE may be lost";
    server.pass(SessionTable::kLinger);
    EXPECT_EQ(server.table.outcome(server.now), true);
}

TEST(SessionTable, ReportsTheFailureOfItsOnlyClient) {
    Table missing({.once = true});
    missing.start(kAlice, "none.wav");
    EXPECT_EQ(missing.table.outcome(kNever), false);
    Table silent({.once = true});
    silent.start(kAlice);
    silent.pass(SessionTable::kSilence);
    EXPECT_EQ(silent.table.outcome(kNever), false);
}

}  // namespace
}  // namespace netlab::problem4
